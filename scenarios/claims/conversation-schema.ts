import { z } from 'zod';
import { amount, positive, promised, ratio, word } from './figure.ts';

const name = z.string().min(1);

/** What one conversation is. Times are seconds, as documents state them. */
export const interactionSchema = z.strictObject({
  turns: positive,
  /** Mean time to answer one turn. */
  meanResponseS: positive,
  /** A person's pause between an answer and the next message. */
  thinkTimeS: amount,
  /** From the first turn to the close: turns × (response + think time). */
  durationS: positive,
  callsPerTurn: positive,
  callsPerInteraction: positive,
  /** Over all calls of a turn. */
  inputTokensPerTurn: amount,
  outputTokensPerTurn: amount,
  inputTokensPerInteraction: amount,
  outputTokensPerInteraction: amount,
});

/** One kind of model call: its count and tokens, per call and in a whole interaction. */
export const callKindSchema = z.strictObject({
  name,
  callsPerTurn: positive,
  callsPerInteraction: positive,
  inputTokensPerCall: amount,
  outputTokensPerCall: amount,
  inputTokensPerInteraction: amount,
  outputTokensPerInteraction: amount,
  /** The input holds the messages and answers of all earlier turns. */
  carriesHistory: promised,
  systemTokens: amount,
  messageTokens: amount,
  /** False for a call that the customer does not wait for. */
  beforeAnswer: z.boolean().default(true),
});

/** What arrives. */
export const demandSchema = z.strictObject({
  interactionsPerDay: positive,
  interactionsPerMonth: positive,
  /** Share of a day's interactions that begin in its busiest hour. */
  busyHourRatio: ratio,
  busyHourInteractionsPerS: positive,
  busyHourTurnsPerS: positive,
  /** Conversations open at once in the busy hour, thinking customers included. */
  openInteractions: positive,
});

/** Contacts that people handle. */
export const peopleSchema = z.strictObject({
  escalationRatio: ratio,
  directRatio: ratio,
  averageHandleS: positive,
  /** Interactions a day that `scheduledAgents` are for. */
  forInteractionsPerDay: positive,
  scheduledAgents: amount,
  humanUsd: positive,
  /** Cost of an interaction that the machine handles alone. */
  machineUsd: amount,
  /** That cost is called conservative, so no case of the document may cost more. */
  conservative: promised,
  /** From the cheapest to the dearest interaction that the document claims. */
  machineUsdRange: amount,
  /** Machine plus the human share of contacts. */
  blendedUsd: amount,
  savings: z
    .array(
      z.strictObject({
        name,
        ratio,
        /** `machine`: of contacts that it resolves alone; `all`: of every contact, people included. */
        of: z.enum(['machine', 'all']),
        /** What the document calls it. */
        called: word(['saving', 'return-on-investment']),
      }),
    )
    .default([]),
  /** Volume from which the machine pays. */
  breakEvenInteractionsPerMonth: positive,
  /** The document promises a break-even. */
  breakEven: promised,
});
