-- Counts a sign-in attempt against every subject, or against none of them.
-- ARGV: attempt, limit, window, proof (the longest an attempt may be open), then the subjects.
-- Returns {'admitted', 0}; {'full', milliseconds until the oldest attempt leaves the window}; or {'wait', 0}
-- where the limit is reached only with attempts that are still open and may yet succeed.
local attempt, limit = ARGV[1], tonumber(ARGV[2])
local window, proof = tonumber(ARGV[3]), tonumber(ARGV[4])
local now, full_for, wait = now_ms(), 0, false

local function has_open_attempts(key)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, now - proof, '+inf')) do
    if member:sub(1, 5) == 'open:' then return true end
  end
  return false
end

for i = 5, #ARGV do
  local key = ATTEMPTS .. ARGV[i]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local counted = redis.call('ZSCORE', key, 'open:' .. attempt)
  if not counted and redis.call('ZCARD', key) >= limit then
    if has_open_attempts(key) then
      wait = true
    else
      local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
      full_for = math.max(full_for, oldest[2] + window - now)
    end
  end
end
if full_for > 0 then return {'full', full_for} end
if wait then return {'wait', 0} end

for i = 5, #ARGV do
  redis.call('ZADD', ATTEMPTS .. ARGV[i], now, 'open:' .. attempt)
  redis.call('PEXPIRE', ATTEMPTS .. ARGV[i], window)
end
return {'admitted', 0}
