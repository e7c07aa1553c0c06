-- Acquires or takes over the lock and creates the session, or changes nothing.
-- Returns {'held', application, since}, or
-- {'opened', fence, sid of the session that lost, application that lost, last sign-in at, from}; '' for none.
local sid, digest, mailbox, application = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local idle, absolute, takeover = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'
local sealed, from, remembered = ARGV[8], ARGV[9], tonumber(ARGV[10])

local now = now_ms()
local lock = lock_read(mailbox)
-- The client sent this once more because the first answer was lost on the way.
if lock and lock.holder == sid then return {'opened', tonumber(lock.fence), '', '', '', ''} end
if lock and not takeover then return {'held', lock.application, lock.since} end
local lost_sid, lost_application = lock_displace(lock)

local ends = now + absolute
local until_ms = math.min(now + idle, ends)
local fence = lock_acquire(mailbox, sid, application, digest, now, until_ms)
redis.call('HSET', SESSION .. digest, 'sid', sid, 'mailbox', mailbox, 'fence', fence, 'idle', idle,
  'absolute', ends, 'sealed', sealed)
redis.call('PEXPIREAT', SESSION .. digest, until_ms)

local last = redis.call('HMGET', LAST_SIGN_IN .. mailbox, 'at', 'from')
redis.call('HSET', LAST_SIGN_IN .. mailbox, 'at', now, 'from', from)
redis.call('PEXPIRE', LAST_SIGN_IN .. mailbox, remembered)
return {'opened', fence, lost_sid, lost_application, last[1] or '', last[2] or ''}
