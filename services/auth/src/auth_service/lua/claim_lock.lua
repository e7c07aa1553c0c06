-- Acquires, renews or takes over a lock that stands and falls with no session here, or changes nothing.
-- Returns {'held', application, since}, {'renewed', fence, expires at}, or
-- {'acquired', fence, expires at, sid of the session that lost, application that lost}; '' for none.
local mailbox, holder, application = ARGV[1], ARGV[2], ARGV[3]
local until_ms, takeover = now_ms() + ARGV[4], ARGV[5] == '1'

local lock = lock_read(mailbox)
if lock and lock_renew(mailbox, holder, lock.fence, until_ms) then
  return {'renewed', tonumber(lock.fence), until_ms}
end
if lock and not takeover then return {'held', lock.application, lock.since} end
local lost_sid, lost_application = lock_displace(lock)
local fence = lock_acquire(mailbox, holder, application, '', now_ms(), until_ms)
return {'acquired', fence, until_ms, lost_sid, lost_application}
