-- Tells a session that still holds its lock, and with activity renews both up to the absolute limit.
-- Returns {'active', sid, mailbox, fence, idle limit, expires at, sealed credential}, {'taken-over'} or {'unknown'}.
local RENEWED_ONCE_IN = 1000
local key, activity = SESSION .. ARGV[1], ARGV[2] == '1'

local found = redis.call('HMGET', key, 'ended', 'sid', 'mailbox', 'fence', 'idle', 'absolute', 'sealed')
local ended, sid, mailbox, fence = found[1], found[2], found[3], found[4]
if ended then return {ended} end
if not sid or not lock_is_held(mailbox, sid, fence) then return {'unknown'} end

local until_ms = redis.call('PEXPIRETIME', key)
if activity then
  local absolute = tonumber(found[6])
  local renewed = math.min(now_ms() + found[5], absolute)
  -- One click asks several times, and each write waits for the disk: once a second is enough.
  if renewed > until_ms and renewed >= math.min(until_ms + RENEWED_ONCE_IN, absolute) then
    lock_renew(mailbox, sid, fence, renewed)
    redis.call('PEXPIREAT', key, renewed)
    until_ms = renewed
  end
end
return {'active', sid, mailbox, tonumber(fence), tonumber(found[5]), until_ms, found[7]}
