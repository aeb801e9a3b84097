import { expect, it } from 'vitest';
import { parseResetMs, readRateLimits } from '../../../runtime/llm/rate-limit-headers.ts';

const NOW_UNIX_MS = Date.parse('2026-01-01T00:00:00Z');

// Spans as OpenAI documents them ("1s", "6m0s"), instants as Anthropic does (RFC 3339).
it.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['12ms', 12],
  ['1h2m3.5s', 3_723_500],
  ['2026-01-01T00:00:05Z', 5000],
  ['2025-12-31T00:00:00Z', 0],
  ['soon', undefined],
  [undefined, undefined],
])('a reset of %j is in %s ms', (text, expected) => {
  expect(parseResetMs(text, NOW_UNIX_MS)).toBe(expected);
});

it('reads both families, and a wait only from a limit that is used up', () => {
  const openAi = {
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-requests': '6m0s',
    'x-ratelimit-reset-tokens': '250ms',
  };
  expect(readRateLimits(openAi, NOW_UNIX_MS)).toEqual({
    requestsRemaining: 59,
    tokensRemaining: 0,
    exhaustedForMs: 250,
  });
  expect(readRateLimits({ 'anthropic-ratelimit-tokens-remaining': '10' }, NOW_UNIX_MS)).toEqual({
    tokensRemaining: 10,
  });
  expect(readRateLimits({ 'x-ratelimit-remaining-requests': 'many' }, NOW_UNIX_MS)).toBeUndefined();
  expect(readRateLimits({}, NOW_UNIX_MS)).toBeUndefined();
});
