-- Frees a lock where this holder has it. Returns 1 where it did.
local mailbox, holder = ARGV[1], ARGV[2]
local lock = lock_read(mailbox)
return lock and lock_release(mailbox, holder, lock.fence) and 1 or 0
