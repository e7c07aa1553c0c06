-- Tells a session that still holds its lock, and with activity renews both up to the absolute limit.
-- Returns {'active', sid, mailbox, fence, expires at, sealed credential}, {'taken-over'} or {'unknown'}.
local key, activity = SESSION .. ARGV[1], ARGV[2] == '1'

local found = redis.call('HMGET', key, 'ended', 'sid', 'mailbox', 'fence', 'idle', 'absolute', 'sealed')
local ended, sid, mailbox, fence = found[1], found[2], found[3], found[4]
if ended then return {ended} end
if not sid then return {'unknown'} end

if activity then
  local until_ms = math.min(now_ms() + found[5], tonumber(found[6]))
  if not lock_renew(mailbox, sid, fence, until_ms) then return {'unknown'} end
  redis.call('PEXPIREAT', key, until_ms)
elseif not lock_is_held(mailbox, sid, fence) then
  return {'unknown'}
end
return {'active', sid, mailbox, tonumber(fence), redis.call('PEXPIRETIME', key), found[7]}
