/**
 * The line before one interaction: KEYS[1] a list of tickets in order of arrival, its head the holder; KEYS[2] when
 * each ticket's lease ends, by the clock of Redis. A ticket starts with the id of its process and a colon; the process
 * hears of its ticket on the channel ARGV-prefix .. id. Both keys go when nobody renews them.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function head() return redis.call('LINDEX', KEYS[1], 0) end
local function wake(prefix)
  local first = head()
  if first then redis.call('PUBLISH', prefix .. string.match(first, '^[^:]+'), first) end
end
local function reap(prefix)
  local reaped = false
  local first = head()
  while first do
    local lease = redis.call('HGET', KEYS[2], first)
    if lease and tonumber(lease) > now then break end
    redis.call('LPOP', KEYS[1])
    redis.call('HDEL', KEYS[2], first)
    reaped = true
    first = head()
  end
  if reaped then wake(prefix) end
end
local function keep(ticket, leaseMs)
  redis.call('HSET', KEYS[2], ticket, now + leaseMs)
  redis.call('PEXPIRE', KEYS[1], leaseMs * 3)
  redis.call('PEXPIRE', KEYS[2], leaseMs * 3)
end`;

/** ARGV: ticket, lease, most that may wait, channel prefix. Returns 1 held, 0 waiting, -1 too many wait. */
export const TAKE = `${PRELUDE}
reap(ARGV[4])
local length = redis.call('LLEN', KEYS[1])
if length > tonumber(ARGV[3]) then return -1 end
redis.call('RPUSH', KEYS[1], ARGV[1])
keep(ARGV[1], tonumber(ARGV[2]))
if length == 0 then return 1 end
return 0`;

/** ARGV: ticket, lease, channel prefix. Returns 1 held, 0 waiting, -1 the ticket is not in the line any more. */
export const RENEW = `${PRELUDE}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return -1 end
keep(ARGV[1], tonumber(ARGV[2]))
reap(ARGV[3])
if head() == ARGV[1] then return 1 end
return 0`;

/** ARGV: ticket, channel prefix. Leaves the line from whatever place. */
export const LEAVE = `${PRELUDE}
local held = head() == ARGV[1]
redis.call('LREM', KEYS[1], 1, ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
if held then wake(ARGV[2]) end
return 0`;
