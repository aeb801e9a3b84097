import { faultFromAbort } from './fault.ts';
import type { CompletionMessage, CompletionRequest, Provider, ProviderEvent } from './provider.ts';

interface KeywordRule {
  readonly pattern: RegExp;
  readonly answer: string;
}

/** First match wins. Plain alternations only, so that matching stays linear in the length of the text. */
const RULES: readonly KeywordRule[] = [
  {
    pattern: /\b(human|agent|representative|real person|operator|supervisor)\b/i,
    answer: 'I will pass you on to a colleague. Please stay with me for a moment.',
  },
  {
    pattern: /\b(refund|money back|reimburse|chargeback)\b/i,
    answer: 'I can note a refund request. Please tell me the order number and the reason for the refund.',
  },
  {
    pattern: /\b(cancel|terminate|unsubscribe)\b/i,
    answer: 'I can note a cancellation. Please tell me which order or contract it is about.',
  },
  {
    pattern: /\b(invoice|bill|billing|charge|charged|payment|pay)\b/i,
    answer: 'I can help with billing. Please tell me the invoice number or the date of the payment.',
  },
  {
    pattern: /\b(deliver|delivery|shipping|shipment|parcel|package|track)\b/i,
    answer: 'I can look into a delivery. Please tell me the order or tracking number.',
  },
  {
    pattern: /\b(password|log ?in|sign ?in|account|locked)\b/i,
    answer: 'For your account, use the link "Forgot password" on the sign-in page; it is valid for one hour.',
  },
  {
    pattern: /\b(broken|defect|error|not working|fault|crash|outage|problem)\b/i,
    answer: 'I am sorry that something does not work. Please tell me what you did and what you saw.',
  },
  {
    pattern: /\b(hello|hi|hey|good (morning|afternoon|evening))\b/i,
    answer: 'Hello, how can I help you today?',
  },
  { pattern: /\b(thanks|thank you|bye|goodbye)\b/i, answer: 'You are welcome. Have a good day.' },
];

const DEFAULT_ANSWER =
  'I can only give short answers at the moment. Please tell me in a few words what it is about, or ask for a human.';

/** A keyword matched further in than this is not looked for; keeps the cost of one answer bounded. */
const MAX_SCANNED_CHARS = 4000;

/** The rule-based answer to the last user message. */
export function answerByKeyword(messages: readonly CompletionMessage[]): string {
  const last = messages.findLast((message) => message.role === 'user')?.content.slice(-MAX_SCANNED_CHARS);
  return RULES.find((rule) => rule.pattern.test(last ?? ''))?.answer ?? DEFAULT_ANSWER;
}

/** Text up to the first stop sequence. */
export function cutAtStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((sequence) => text.indexOf(sequence)).filter((index) => index >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

const splitWords = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

const countPromptWords = (messages: readonly CompletionMessage[]): number =>
  messages.reduce((words, message) => words + splitWords(message.content).length, 0);

/**
 * Answers from rules with no external call, so it is always up. One word counts as one token, in prompt and answer.
 */
export function createKeywordProvider(name: string): Provider {
  async function* complete(
    request: CompletionRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<ProviderEvent> {
    yield { kind: 'started', engine: 'keyword', model: 'keyword' };
    const words = splitWords(cutAtStop(answerByKeyword(request.messages), request.stop));
    const given = words.slice(0, request.maxOutputTokens);
    for (const text of given) {
      if (signal.aborted) {
        yield { kind: 'failed', fault: faultFromAbort(signal) };
        return;
      }
      yield { kind: 'text', text, tokens: 1 };
    }
    yield {
      kind: 'finish',
      reason: given.length < words.length ? 'length' : 'stop',
      usage: {
        promptTokens: countPromptWords(request.messages),
        cachedPromptTokens: 0,
        outputTokens: given.length,
      },
    };
  }
  return {
    name,
    kind: 'keyword',
    complete,
    probe: async () => ({ state: 'up', models: ['keyword'] }),
    close: async () => undefined,
  };
}
