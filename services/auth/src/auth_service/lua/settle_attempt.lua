-- Closes an attempt: a failure stays counted, anything else is given back. ARGV: attempt, failed, subjects.
local open, failed = 'open:' .. ARGV[1], ARGV[2] == '1'
for i = 3, #ARGV do
  local key = ATTEMPTS .. ARGV[i]
  local at = redis.call('ZSCORE', key, open)
  -- Added before the other is removed: a set that was empty in between would lose its expiry.
  if at and failed then redis.call('ZADD', key, at, 'failed:' .. ARGV[1]) end
  redis.call('ZREM', key, open)
end
