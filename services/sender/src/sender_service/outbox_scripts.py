"""The outbox's Lua scripts: each is one atomic step, and time is Redis TIME in milliseconds.

`#!lua` lets Redis refuse a script whole where memory is full, instead of half-way; what frees memory may run
even then (https://redis.io/docs/latest/develop/programmability/eval-intro/). A script that is sent again
because its answer was lost does not do its work twice. The stages are `sender_service.outbox.Stage`.
"""

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

_ENDED = """
local function disappears(entry, visible, id, visible_ms)
  redis.call('PEXPIRE', entry, visible_ms)
  redis.call('ZADD', visible, now + visible_ms, id)
  if redis.call('ZCOUNT', visible, '+inf', '+inf') == 0 then
    redis.call('PEXPIRE', visible, visible_ms)
  end
end
local function ended(content, due, ready, id)
  redis.call('ZREM', due, id)
  redis.call('ZREM', ready, id)
  redis.call('UNLINK', content)
end
"""

_RATES = """
local function used(recent, counted, ms)
  local total = 0
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', recent, '(' .. (now - ms), '+inf')) do
    total = total + (counted == 'messages' and 1 or tonumber(string.match(member, '^(%d+) ') or 1))
  end
  return total
end
local function until_room(recent, counted, ms, excess)
  local members = redis.call('ZRANGEBYSCORE', recent, '(' .. (now - ms), '+inf', 'WITHSCORES')
  for i = 1, #members, 2 do
    excess = excess - (counted == 'messages' and 1 or tonumber(string.match(members[i], '^(%d+) ') or 1))
    if excess <= 0 then return members[i + 1] + ms - now end
  end
  return ms
end
local function too_much(recent, recipients, first)
  for i = first, #ARGV, 3 do
    local counted, ms, limit = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local total, wanted = used(recent, counted, ms), counted == 'messages' and 1 or recipients
    if total + wanted > limit then
      local wait = until_room(recent, counted, ms, total + wanted - limit)
      return string.format('%d %d %d', (i - first) / 3, math.max(0, limit - total), wait)
    end
  end
  return ''
end
"""

USAGE = f"""#!lua flags=no-writes
local recent = KEYS[1]
{_NOW}{_RATES}
local found = {{}}
for i = 1, #ARGV, 2 do found[#found + 1] = used(recent, ARGV[i], tonumber(ARGV[i + 1])) end
return found
"""
"""KEYS recent · ARGV (counted ms)* → how much of each is used"""

CHECK_RATES = f"""#!lua flags=no-writes
{_NOW}{_RATES}
return too_much(KEYS[1], tonumber(ARGV[1]), 2)
"""
"""KEYS recent · ARGV recipients (counted ms limit)* → 'rate-index left retry_ms', or '' where it may go"""

ACCEPT = f"""#!lua
local entry, content, due, ready, visible, recent, key, quota = unpack(KEYS, 1, 8)
local id, owner, sealed, chunks = unpack(ARGV, 1, 4)
local due_at, recipients, key_ms = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local announce_ms, only_chunk, rates = tonumber(ARGV[8]), ARGV[9], 11 + tonumber(ARGV[10])
{_NOW}{_RATES}
if redis.call('EXISTS', entry) == 1 then return {{'accepted', id}} end
local keyed = key ~= ''
if keyed then
  local earlier = redis.call('GET', key)
  if earlier then return {{'earlier', earlier}} end
end
for i = 9, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 0 then return {{'no-upload', tostring((i - 9) / 2)}} end
end
if only_chunk == '' and redis.call('HLEN', content) ~= tonumber(chunks) then return {{'no-content', ''}} end
redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - 86400000)
local refusal = too_much(recent, recipients, rates)
if refusal ~= '' then return {{'limit', refusal}} end
if only_chunk ~= '' then redis.call('HSET', content, '0', only_chunk) end
local held = due_at > now
if not held then due_at = now end
redis.call('HSET', entry, 'stage', held and 'held' or 'queued', 'owner', owner, 'sealed', sealed,
  'chunks', chunks, 'created', now, 'first_due', due_at, 'due', due_at, 'fence', 0, 'attempts', 0, 'hints', 0)
redis.call('PERSIST', content)
redis.call('ZADD', due, held and due_at or now + announce_ms, id)
redis.call('ZADD', ready, due_at, id)
redis.call('ZREMRANGEBYSCORE', visible, '-inf', now)
redis.call('ZADD', visible, '+inf', id)
redis.call('PERSIST', visible)
redis.call('ZADD', recent, now, recipients .. ' ' .. id)
redis.call('PEXPIRE', recent, 86400000)
if keyed then redis.call('SET', key, id, 'PX', key_ms) end
for i = 9, #KEYS, 2 do
  redis.call('UNLINK', KEYS[i], KEYS[i + 1])
  redis.call('HDEL', quota, ARGV[11 + (i - 9) / 2])
end
return {{'accepted', id}}
"""
"""KEYS entry content due ready visible recent key|'' quota (upload, its chunks)*
ARGV id owner sealed chunks due_ms|0 recipients key_ms announce_ms only-chunk|''
upload-count upload-id* (counted ms limit)*
→ {accepted id}, {earlier id}, {no-upload index}, {no-content ''}, {limit 'rate-index left retry_ms'}
A rate is checked against the members of `recent`, which are 'recipients id' by time (ms).
What is due at once is announced by who accepted it, so the scan leaves it alone for announce_ms."""

CANCEL = f"""#!lua flags=allow-oom
local entry, content, due, ready, visible = unpack(KEYS)
local id, owner, visible_ms = unpack(ARGV)
{_NOW}{_ENDED}
local stage = redis.call('HGET', entry, 'stage')
if not stage or redis.call('HGET', entry, 'owner') ~= owner then return 'unknown' end
if stage == 'held' then
  redis.call('HSET', entry, 'stage', 'cancelled')
  ended(content, due, ready, id)
  disappears(entry, visible, id, visible_ms)
  return 'cancelled'
end
return stage
"""
"""KEYS entry content due ready visible · ARGV id owner visible_ms → the stage it is in now, or 'unknown'"""

ACKNOWLEDGE = f"""#!lua flags=allow-oom
local entry, visible = unpack(KEYS)
local id, owner, visible_ms = unpack(ARGV)
{_NOW}{_ENDED}
local stage = redis.call('HGET', entry, 'stage')
if not stage or redis.call('HGET', entry, 'owner') ~= owner then return 0 end
if redis.call('HSETNX', entry, 'seen', 1) == 1 and stage == 'done' then
  disappears(entry, visible, id, visible_ms)
end
return 1
"""
"""KEYS entry visible · ARGV id owner visible_ms → 1, or 0 where this mailbox has no such entry"""

DUE = f"""#!lua flags=allow-oom
local due, ready = unpack(KEYS)
local limit, prefix, again_ms, longest_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
{_NOW}
local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit)
local found = {{}}
for _, id in ipairs(ids) do
  local entry = prefix .. id
  local stage = redis.call('HGET', entry, 'stage')
  if stage == 'held' or stage == 'queued' or stage == 'sending' then
    if stage == 'held' then redis.call('HSET', entry, 'stage', 'queued') end
    local hints = redis.call('HINCRBY', entry, 'hints', 1)
    redis.call('ZADD', due, now + math.min(longest_ms, again_ms * 2 ^ math.min(hints - 1, 20)), id)
    redis.call('ZADD', ready, 'NX', now, id)
    found[#found + 1] = id
  else
    redis.call('ZREM', due, id)
    redis.call('ZREM', ready, id)
  end
end
return found
"""
"""KEYS due ready · ARGV limit entry-prefix again_ms longest_ms → ids
The score in `due` is when an id is next looked at: due time, lease's end, or next announcement."""

_CLAIM = """
local function claim(entry, due, ready, id, lease_ms)
  local stage, due_at, lease = unpack(redis.call('HMGET', entry, 'stage', 'due', 'lease'))
  local free = false
  if stage == 'held' or stage == 'queued' then free = now >= tonumber(due_at) end
  if stage == 'sending' then free = now >= tonumber(lease) end
  if not free then return false end
  local fence = redis.call('HINCRBY', entry, 'fence', 1)
  local attempts = redis.call('HINCRBY', entry, 'attempts', 1)
  redis.call('HSET', entry, 'stage', 'sending', 'lease', now + lease_ms, 'hints', 0)
  redis.call('ZADD', due, now + lease_ms, id)
  redis.call('ZREM', ready, id)
  local sealed, chunks, first_due = unpack(redis.call('HMGET', entry, 'sealed', 'chunks', 'first_due'))
  return {id, fence, attempts, sealed, tonumber(chunks), now - first_due}
end
"""

CLAIM = f"""#!lua flags=allow-oom
local entry, due, ready = unpack(KEYS)
{_NOW}{_CLAIM}
return claim(entry, due, ready, ARGV[1], ARGV[2])
"""
"""KEYS entry due ready · ARGV id lease_ms → {id, fence, attempts, sealed, chunks, age_ms} or nothing"""

CLAIM_NEXT = f"""#!lua flags=allow-oom
local due, ready = unpack(KEYS)
local prefix, lease_ms = unpack(ARGV)
{_NOW}{_CLAIM}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ready, '-inf', now, 'LIMIT', 0, 20)) do
  local claimed = claim(prefix .. id, due, ready, id, lease_ms)
  if claimed then return claimed end
  redis.call('ZREM', ready, id)
end
return false
"""
"""KEYS due ready · ARGV entry-prefix lease_ms → as CLAIM
`ready` holds what nobody claimed, by when it is due; DUE puts back what a dead worker left."""

_IS_OURS = """
local stage, current = unpack(redis.call('HMGET', entry, 'stage', 'fence'))
if stage ~= 'sending' or current ~= fence then return 0 end
"""

RENEW = f"""#!lua flags=allow-oom
local entry, due = unpack(KEYS)
local id, fence, lease_ms = unpack(ARGV)
{_NOW}{_IS_OURS}
redis.call('HSET', entry, 'lease', now + lease_ms)
redis.call('ZADD', due, now + lease_ms, id)
return 1
"""
"""KEYS entry due · ARGV id fence lease_ms → 1, or 0 where the fence is no longer ours"""

SETTLE = f"""#!lua flags=allow-oom
local entry, content, due, ready, outcomes = unpack(KEYS)
local id, fence, sealed, retry_ms, visible_prefix, visible_ms, keep = unpack(ARGV, 1, 7)
{_NOW}{_ENDED}{_IS_OURS}
for i = 8, #ARGV, 2 do redis.call('HINCRBY', outcomes, ARGV[i], ARGV[i + 1]) end
if tonumber(retry_ms) >= 0 then
  redis.call('HSET', entry, 'sealed', sealed, 'stage', 'queued', 'due', now + retry_ms, 'hints', 0)
  redis.call('ZADD', due, now + retry_ms, id)
  redis.call('ZADD', ready, now + retry_ms, id)
else
  redis.call('HSET', entry, 'sealed', sealed, 'stage', 'done')
  ended(content, due, ready, id)
  local owner, seen = unpack(redis.call('HMGET', entry, 'owner', 'seen'))
  if keep == '0' or seen then disappears(entry, visible_prefix .. owner, id, visible_ms) end
end
return 1
"""
"""KEYS entry content due ready outcomes
ARGV id fence sealed retry_ms|-1 visible-prefix visible_ms keep (outcome count)* → as RENEW
`keep` is 1 where the entry stays visible until it is acknowledged."""

DEPTH = f"""#!lua flags=no-writes
local due, outcomes = unpack(KEYS)
local prefix, looked_at = unpack(ARGV)
{_NOW}
local waiting, oldest = 0, now
for _, id in ipairs(redis.call('ZRANGE', due, 0, looked_at - 1)) do
  local first_due = tonumber(redis.call('HGET', prefix .. id, 'first_due') or now)
  if first_due < now then
    waiting, oldest = waiting + 1, math.min(oldest, first_due)
  end
end
return {{redis.call('ZCARD', due), waiting, now - oldest, redis.call('HGETALL', outcomes)}}
"""
"""KEYS due outcomes · ARGV entry-prefix looked_at → {entries, waiting, oldest_ms, {outcome, count…}}
`waiting` are those whose time has come, among the first `looked_at`."""
