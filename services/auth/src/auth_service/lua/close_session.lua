-- Ends a session: its record with the sealed credential goes, and its lock where it still holds it.
local key = SESSION .. ARGV[1]
local found = redis.call('HMGET', key, 'mailbox', 'sid', 'fence')
if found[1] then lock_release(found[1], found[2], found[3]) end
redis.call('DEL', key)
