-- Opens every script of the auth service. All key names and all rules of the lock stand here.
--
--   auth:fence                  number of the last acquisition, of any mailbox; the only key that never expires
--   auth:lock:<mailbox>         hash: holder, fence, application, since, session. The holder is a session's sid,
--                               or <application>:<holder> of another webmail: a sid has no colon
--   auth:session:<digest>       hash: sid, mailbox, fence, idle, absolute, sealed; or, where the lock was
--                               taken over, only: ended = 'taken-over'
--   auth:last-sign-in:<mailbox> hash: at, from
--   auth:attempts:<digest>      sorted set of sign-in attempts, by time
--
-- Instants are milliseconds since 1970 by Redis' own clock, durations milliseconds. The scripts build key names
-- from what they read, so they run on one Redis (or behind Sentinel), not on a Cluster.

local FENCE = 'auth:fence'
local LOCK = 'auth:lock:'
local SESSION = 'auth:session:'
local LAST_SIGN_IN = 'auth:last-sign-in:'
local ATTEMPTS = 'auth:attempts:'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The lock of a mailbox, or nil where it is free.
local function lock_read(mailbox)
  local found = redis.call('HMGET', LOCK .. mailbox, 'holder', 'fence', 'application', 'since', 'session')
  if not found[1] then return nil end
  return {holder = found[1], fence = found[2], application = found[3], since = found[4], session = found[5]}
end

-- Whether this very acquisition still holds: another one by the same holder has another fence.
local function lock_is_held(mailbox, holder, fence)
  local lock = lock_read(mailbox)
  return lock and lock.holder == holder and lock.fence == fence
end

-- Gives the lock to `holder`, whoever has it: the caller has looked. `session` is the digest of the session
-- record that stands and falls with it ('' for a holder that keeps none here).
local function lock_acquire(mailbox, holder, application, session, now, until_ms)
  local key, fence = LOCK .. mailbox, redis.call('INCR', FENCE)
  redis.call('DEL', key)
  redis.call('HSET', key, 'holder', holder, 'fence', fence, 'application', application, 'since', now,
    'session', session)
  redis.call('PEXPIREAT', key, until_ms)
  return fence
end

local function lock_renew(mailbox, holder, fence, until_ms)
  if not lock_is_held(mailbox, holder, fence) then return false end
  redis.call('PEXPIREAT', LOCK .. mailbox, until_ms)
  return true
end

local function lock_release(mailbox, holder, fence)
  if not lock_is_held(mailbox, holder, fence) then return false end
  redis.call('DEL', LOCK .. mailbox)
  return true
end

-- What is left of a session whose lock was taken: why it ended, until it would have ended anyway.
-- Returns whether there was one.
local function session_entomb(digest)
  local key = SESSION .. digest
  local absolute = redis.call('HGET', key, 'absolute')
  if not absolute then return false end
  redis.call('DEL', key)
  redis.call('HSET', key, 'ended', 'taken-over')
  redis.call('PEXPIREAT', key, absolute)
  return true
end

-- Clears the way for another holder: the session of `lock` (nil where the mailbox is free) ends.
-- Returns which session of ours lost it, and which application; '' for none.
local function lock_displace(lock)
  if not lock then return '', '' end
  return session_entomb(lock.session) and lock.holder or '', lock.application
end
