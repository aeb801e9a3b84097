import { createHash } from 'node:crypto';
import { WINDOW_SLICES } from './periods.ts';

/** A script and the name under which Redis keeps it. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

const scriptFrom = (text: string): RedisScript => ({
  text,
  sha: createHash('sha1').update(text).digest('hex'),
});

/** Errors of a Redis that did not run the script at all. */
const UNDONE = /^(LOADING|OOM|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|MISCONF|NOAUTH|NOPERM|BUSY) /;
/** Whether an error says that nothing was done. */
export const isUndone = (error: unknown): boolean => error instanceof Error && UNDONE.test(error.message);

/**
 * KEYS: use (hash: head slice, sums, one field per slice, totals of the day), held (hash: reservation → what it holds),
 * leases (sorted set: reservation → end of its lease). ARGV 1, 2: slice length and day length, ms. Time is Redis's own,
 * and one that goes back stands still. After it `now`, `cur`, `q`, `t`, `day`, `spent`, `heldsum` are those of now.
 */
const OPEN_ACCOUNT = `
local slicems, dayms = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local int = function(n) return string.format('%.0f', n + 0) end
local state = redis.call('HMGET', KEYS[1], 'head', 'q', 't', 'day', 'spent', 'held')
local cur = math.floor(now / slicems)
local head = tonumber(state[1] or false)
if head and cur < head + ${WINDOW_SLICES} then cur = head + ${WINDOW_SLICES} end
local q, t = tonumber(state[2] or 0), tonumber(state[3] or 0)
local function slices(prefix, from, to)
  local names = {}
  for slice = from, to do names[#names + 1] = prefix .. int(slice) end
  return names, redis.call('HMGET', KEYS[1], unpack(names))
end
local first = cur - ${WINDOW_SLICES}
if not head then
  head = first
  redis.call('HSET', KEYS[1], 'head', int(head))
elseif first > head then
  local last = math.min(first - 1, head + ${WINDOW_SLICES})
  local qnames, qvalues = slices('q', head, last)
  local tnames, tvalues = slices('t', head, last)
  for i = 1, #qnames do
    q = q - tonumber(qvalues[i] or 0)
    t = t - tonumber(tvalues[i] or 0)
  end
  redis.call('HDEL', KEYS[1], unpack(qnames))
  redis.call('HDEL', KEYS[1], unpack(tnames))
  head = first
  redis.call('HSET', KEYS[1], 'head', int(head), 'q', int(q), 't', int(t))
end
local day, spent, heldsum = tonumber(state[4] or 0), tonumber(state[5] or 0), tonumber(state[6] or 0)
if math.floor(now / dayms) > day then
  day, spent, heldsum = math.floor(now / dayms), 0, 0
  redis.call('HSET', KEYS[1], 'day', int(day), 'spent', '0', 'held', '0')
end
`;

/**
 * ARGV 3…: id, limits of requests, tokens, nano-dollars, concurrency (-1: none), estimate in tokens and nano-dollars,
 * lease, ms, a day with what was known to be spent in it, and 1 where the id was let in before with nothing. Redis that has less has lost its state: what is known is
 * put back. Returns { 1, now, lost, day, spent, requests, tokens, reset in ms, held } or { 0, now, lost, day, spent, limit,
 * wait in ms }. Numbers of money are text: they can be larger than what Redis returns as an integer from a double.
 */
export const RESERVE = scriptFrom(`${OPEN_ACCOUNT}
local id = ARGV[3]
local maxq, maxt, maxnano, maxrunning = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local tokens, nano, lease = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function untilroom(prefix, sum, target)
  local names, values = slices(prefix, head, cur)
  for i = 1, #names do
    if sum <= target then return math.max(0, (head + i - 1 + ${WINDOW_SLICES}) * slicems - now) end
    sum = sum - tonumber(values[i] or 0)
  end
  return (cur + ${WINDOW_SLICES} + 1) * slicems - now
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', int(now - dayms), 'LIMIT', 0, 16)) do
  redis.call('HDEL', KEYS[2], old)
  redis.call('ZREM', KEYS[3], old)
end
local lost = 0
if tonumber(ARGV[11]) == day and (not state[1] or spent < tonumber(ARGV[12])) then
  lost, spent = 1, math.max(spent, tonumber(ARGV[12]))
  redis.call('HSET', KEYS[1], 'spent', int(spent))
  redis.call('PEXPIRE', KEYS[1], int(2 * dayms))
end
local function refusal(limit, wait)
  return { 0, int(now), lost, int(day), int(spent), limit, int(wait) }
end
local begun = ARGV[13] == '1'
if begun then maxrunning, maxq = -1, -1 end
if maxrunning >= 0 and redis.call('ZCOUNT', KEYS[3], '(' .. int(now), '+inf') >= maxrunning then
  return refusal('concurrent', 0)
end
if maxq >= 0 and q + 1 > maxq then
  return refusal('requests', untilroom('q', q, maxq - 1))
end
if maxt >= 0 and t + tokens > maxt then
  if tokens > maxt then return refusal('request-size', 0) end
  return refusal('tokens', untilroom('t', t, maxt - tokens))
end
if maxnano >= 0 and spent + heldsum >= maxnano then
  local limit = spent < maxnano and 'reserved-budget' or 'budget'
  return refusal(limit, (day + 1) * dayms - now)
end
local more = begun and 0 or 1
q, t, heldsum = q + more, t + tokens, heldsum + nano
local isfirst = redis.call('HINCRBY', KEYS[1], 'q' .. int(cur), more) <= 1
if tokens > 0 then redis.call('HINCRBY', KEYS[1], 't' .. int(cur), int(tokens)) end
redis.call('HSET', KEYS[1], 'q', int(q), 't', int(t), 'held', int(heldsum))
redis.call('HSET', KEYS[2], id, int(day) .. '|' .. int(cur) .. '|' .. int(tokens) .. '|' .. int(nano))
redis.call('ZADD', KEYS[3], int(now + lease), id)
if isfirst then
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], int(2 * dayms)) end
end
local reset = (cur + ${WINDOW_SLICES} + 1) * slicems - now
return { 1, int(now), lost, int(day), int(spent), int(q), int(t), int(reset), int(heldsum) }
`);

/**
 * ARGV 3…: id, tokens and nano-dollars used, 1 where this was never sent before. Returns 1; 0 where nothing is held under
 * the id; 2 where that can only be because the state was lost: then what was used is booked all the same.
 */
export const SETTLE = scriptFrom(`${OPEN_ACCOUNT}
local record = redis.call('HGET', KEYS[2], ARGV[3])
if not record then
  if ARGV[6] ~= '1' then return 0 end
  redis.call('HINCRBY', KEYS[1], 't' .. int(cur), ARGV[4])
  redis.call('HINCRBY', KEYS[1], 't', ARGV[4])
  redis.call('HINCRBY', KEYS[1], 'spent', ARGV[5])
  redis.call('PEXPIRE', KEYS[1], int(2 * dayms))
  return 2
end
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('ZREM', KEYS[3], ARGV[3])
local rday, rslice, rtokens, rnano = string.match(record, '^(%d+)|(%d+)|(%d+)|(%d+)$')
local more = tonumber(ARGV[4]) - tonumber(rtokens)
local slice = more < 0 and tonumber(rslice) or cur
if more ~= 0 and slice >= head then
  redis.call('HINCRBY', KEYS[1], 't' .. int(slice), int(more))
  redis.call('HINCRBY', KEYS[1], 't', int(more))
end
if tonumber(rday) == day then
  redis.call('HINCRBY', KEYS[1], 'held', int(0 - tonumber(rnano)))
  redis.call('HINCRBY', KEYS[1], 'spent', ARGV[5])
end
return 1
`);

/** ARGV 3…: lease, ms, and ids. Renews what is still held, also after its lease had ended. */
export const RENEW = scriptFrom(`${OPEN_ACCOUNT}
for i = 4, #ARGV do
  if redis.call('HEXISTS', KEYS[2], ARGV[i]) == 1 then
    redis.call('ZADD', KEYS[3], int(now + tonumber(ARGV[3])), ARGV[i])
  end
end
return 1
`);

/** Returns { spent, held in all, held by those whose lease has ended }, of this day. */
export const READ = scriptFrom(`${OPEN_ACCOUNT}
local silent = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', int(now))) do
  local rday, rnano = string.match(redis.call('HGET', KEYS[2], id) or '', '^(%d+)|%d+|%d+|(%d+)$')
  if rday and tonumber(rday) == day then silent = silent + tonumber(rnano) end
end
return { int(spent), int(heldsum), int(silent) }
`);
