-- Tells who holds a mailbox: {application, since, expires at}, or {} where nobody does.
local mailbox = ARGV[1]
local lock = lock_read(mailbox)
if not lock then return {} end
return {lock.application, lock.since, redis.call('PEXPIRETIME', LOCK .. mailbox)}
