import { randomUUID } from 'node:crypto';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { ChatMessage, GenerateInput, GenerateRequest } from './contract.ts';
import type * as wire from './generated/inference.ts';

const MAX_STOP_STRINGS = 16;
const MAX_ID_CHARACTERS = 256;
const ROLES: readonly string[] = ['system', 'user', 'assistant'];

interface Rule {
  readonly path: string;
  readonly expected: string;
  readonly got: unknown;
  readonly holds: boolean;
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const issuesOf = (rules: readonly Rule[]): Issue[] =>
  rules
    .filter((rule) => !rule.holds)
    .map(({ path, expected, got }) => ({
      path,
      expected,
      got: shown(got),
      fix: 'change the value to what is expected',
    }));

function inputRules(input: wire.GenerateRequest['input']): Rule[] {
  switch (input?.$case) {
    case undefined:
      return [{ path: 'input', expected: 'one of text, token_ids, chat', got: undefined, holds: false }];
    case 'text':
      return [
        { path: 'text', expected: 'at least 1 character', got: input.value, holds: input.value !== '' },
      ];
    case 'tokenIds': {
      const { ids } = input.value;
      return [{ path: 'token_ids.ids', expected: 'at least 1 id', got: ids, holds: ids.length > 0 }];
    }
    case 'chat':
      return chatRules(input.value.messages);
  }
}

function chatRules(messages: readonly wire.ChatMessage[]): Rule[] {
  const some = { path: 'chat.messages', expected: 'at least 1 message', got: [], holds: messages.length > 0 };
  const roles = messages.map((message, i) => ({
    path: `chat.messages[${i}].role`,
    expected: 'one of "system", "user", "assistant"',
    got: message.role,
    holds: ROLES.includes(message.role),
  }));
  return [some, ...roles];
}

function samplingRules(request: wire.GenerateRequest): Rule[] {
  const { maxOutputTokens, temperature = 1, topP = 1, stop, requestId, cacheKey } = request;
  const shortIds = `at most ${MAX_ID_CHARACTERS} characters`;
  return [
    { path: 'max_output_tokens', expected: '≥ 1', got: maxOutputTokens, holds: maxOutputTokens >= 1 },
    {
      path: 'temperature',
      expected: '0 to 10',
      got: temperature,
      holds: temperature >= 0 && temperature <= 10,
    },
    { path: 'top_p', expected: '> 0 and ≤ 1', got: topP, holds: topP > 0 && topP <= 1 },
    {
      path: 'stop',
      expected: `at most ${MAX_STOP_STRINGS} strings, none empty`,
      got: stop,
      holds: stop.length <= MAX_STOP_STRINGS && !stop.includes(''),
    },
    {
      path: 'request_id',
      expected: shortIds,
      got: requestId.length,
      holds: requestId.length <= MAX_ID_CHARACTERS,
    },
    {
      path: 'cache_key',
      expected: shortIds,
      got: cacheKey.length,
      holds: cacheKey.length <= MAX_ID_CHARACTERS,
    },
  ];
}

function inputFrom(input: NonNullable<wire.GenerateRequest['input']>): GenerateInput {
  switch (input.$case) {
    case 'text':
      return { kind: 'text', text: input.value };
    case 'tokenIds':
      return { kind: 'tokens', tokenIds: input.value.ids };
    case 'chat':
      return { kind: 'chat', messages: input.value.messages as readonly ChatMessage[] };
  }
}

/** A request off the wire with its defaults filled in, or every field that is wrong. */
export function requestFromWire(request: wire.GenerateRequest): Result<GenerateRequest> {
  const issues = issuesOf([...inputRules(request.input), ...samplingRules(request)]);
  if (issues.length > 0 || request.input === undefined) {
    const list = issues.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`);
    return failed('INVALID_CONFIG', list.join('; '), { issues });
  }
  return ok({
    requestId: request.requestId === '' ? randomUUID() : request.requestId,
    input: inputFrom(request.input),
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature ?? 1,
    topP: request.topP ?? 1,
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    stop: request.stop,
    ignoreEos: request.ignoreEos,
    ...(request.cacheKey === '' ? {} : { cacheKey: request.cacheKey }),
  });
}
