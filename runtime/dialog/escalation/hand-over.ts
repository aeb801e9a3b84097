import type { CompletionMessage } from '../../llm/provider.ts';
import type { HandOver } from '../../store/history-store.ts';
import type { SlotValues } from '../script/slots.ts';

/** Why an interaction goes to a person. */
export const ESCALATION_TRIGGERS = [
  'customer_request',
  'low_confidence',
  'policy_hit',
  'agent_timeout',
  'negative_sentiment',
  'script',
  'manual',
] as const;
export type EscalationTrigger = (typeof ESCALATION_TRIGGERS)[number];

/** Decided on a turn. */
export interface Escalation {
  readonly trigger: EscalationTrigger;
  readonly reasonCode: string;
  /** For the audit trail. */
  readonly reason: string;
  /** The script's own words for the customer. */
  readonly text?: string;
}

export interface HandOverFacts {
  readonly escalation: Escalation;
  readonly intent: string | undefined;
  readonly slots: SlotValues;
  /** Oldest first, the message that led here included. */
  readonly messages: readonly CompletionMessage[];
  readonly atUnixMs: number;
}

const LAST_MESSAGES = 6;
const MAX_QUOTED_CHARS = 240;
const MAX_SUMMARY_CHARS = 4000;

const quoted = ({ role, content }: CompletionMessage): string => {
  const short = content.length > MAX_QUOTED_CHARS ? `${content.slice(0, MAX_QUOTED_CHARS)}…` : content;
  return `${role === 'user' ? 'Customer' : 'Assistant'}: ${short}`;
};

/**
 * What the person reads first, taken from the conversation without a model: why, what it is about, what is known, and
 * the last messages. The whole transcript is in the interaction's turns. The caller redacts it before it is stored.
 */
export function handOverFrom({ escalation, intent, slots, messages, atUnixMs }: HandOverFacts): HandOver {
  const { trigger, reasonCode, reason } = escalation;
  const known = Object.entries(slots).map(([name, value]) => `${name}: ${value}`);
  const lines = [
    `Why: ${reason} (${reasonCode})`,
    `About: ${intent ?? 'not known'}`,
    `Known: ${known.length === 0 ? 'nothing' : known.join(', ')}`,
    ...messages.slice(-LAST_MESSAGES).map(quoted),
  ];
  return { trigger, reasonCode, summary: lines.join('\n').slice(0, MAX_SUMMARY_CHARS), atUnixMs };
}
