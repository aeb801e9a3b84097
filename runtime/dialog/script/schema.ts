import { z } from 'zod';
import { problemOfPattern } from './safe-pattern.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'lower case letters, digits and underscores');
const words = z.string().min(1).max(2000);
const phrase = z.string().min(1).max(200);

const pattern = z
  .string()
  .min(1)
  .superRefine((source, context) => {
    const problem = problemOfPattern(source);
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: `a pattern that is always quick, without ${problem}` });
    }
  });

const slotBase = {
  /** Asked when the slot is required and empty. */
  prompt: words,
  /** Asked after an answer that did not fill it; `prompt` again when absent. */
  reprompt: words.optional(),
};

export const slotSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), ...slotBase, maxChars: z.int().min(1).max(2000).default(500) }),
  z.strictObject({
    type: z.literal('number'),
    ...slotBase,
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('date'), ...slotBase }),
  z.strictObject({
    type: z.literal('enum'),
    ...slotBase,
    /** Each value with other words for it. */
    values: z.record(z.string().min(1).max(100), z.array(phrase)),
  }),
  z.strictObject({ type: z.literal('phone'), ...slotBase }),
  /** Something with a fixed form, as an account or contract number. */
  z.strictObject({ type: z.literal('account'), ...slotBase, pattern }),
  z.strictObject({ type: z.literal('yes-no'), ...slotBase }),
]);

export const agentBriefSchema = z.strictObject({
  /** Added to the system prompt for this turn. */
  instructions: z.string().max(8000).optional(),
  /** What the agent may state as true. The supervisor holds amounts against these. */
  facts: z.array(z.string().min(1).max(1000)).max(100).default([]),
  /** What it may offer, by name: `refund`, `credit`, `discount`. */
  allowedActions: z.array(z.string().min(1).max(100)).max(50).default([]),
});

const reasonCode = z.string().regex(/^[a-z][a-z0-9_]{0,60}$/, 'lower case letters, digits and underscores');

export const scriptEscalationSchema = z.strictObject({ reasonCode, answer: words.optional() });

const intentSchema = z
  .strictObject({
    name,
    examples: z.array(phrase).max(2000).default([]),
    patterns: z.array(pattern).max(100).default([]),
    /** Asked for in this order. */
    requiredSlots: z.array(name).max(20).default([]),
    /** Taken when the customer says them, never asked for by the flow; logic may ask for one. */
    optionalSlots: z.array(name).max(20).default([]),
    /** `{slot}` stands for a slot's value. */
    answer: words.optional(),
    agent: agentBriefSchema.optional(),
    escalate: scriptEscalationSchema.optional(),
    /** `handle` of logic.js decides. */
    logic: z.boolean().default(false),
  })
  .superRefine((intent, context) => {
    const ways = [intent.answer, intent.agent, intent.escalate, intent.logic || undefined];
    if (ways.filter((way) => way !== undefined).length !== 1) {
      context.addIssue({ code: 'custom', message: 'exactly one of answer, agent, escalate and logic: true' });
    }
    if (intent.examples.length + intent.patterns.length === 0) {
      context.addIssue({ code: 'custom', path: ['examples'], message: 'at least one example or pattern' });
    }
  });

const shape = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens'),
  description: z.string().max(2000).default(''),
  /** Added to the gateway's system prompt on every turn that goes to the agent. */
  instructions: z.string().max(8000).default(''),
  facts: z.array(z.string().min(1).max(1000)).max(200).default([]),
  /** Below it a message counts as not understood. The measured trade-off is in docs/dialog.md. */
  unknownBelow: z.number().min(0.01).max(0.99).default(0.3),
  maxReprompts: z.int().min(0).max(10).default(2),
  slots: z.record(name, slotSchema).default({}),
  intents: z.array(intentSchema).min(1).max(500),
  /** More words by which customers ask for a person. */
  human: z
    .strictObject({ phrases: z.array(phrase).max(200).default([]), answer: words.optional() })
    .prefault({}),
  /** Leaves an open intent. */
  cancel: z
    .strictObject({
      phrases: z.array(phrase).max(100).default([]),
      answer: words.default('All right, I have dropped that. What else can I do for you?'),
    })
    .prefault({}),
  /** Customers who never talk to the assistant, by the id that interactions are created with. */
  directToPerson: z
    .strictObject({
      customerIds: z.array(z.string().min(1).max(128)).max(100_000),
      reasonCode: reasonCode.default('vip_customer'),
      answer: words.optional(),
    })
    .optional(),
});

type Shape = z.output<typeof shape>;

function checkAcross(script: Shape, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  script.intents.forEach((intent, index) => {
    if (seen.has(intent.name)) {
      context.addIssue({
        code: 'custom',
        path: ['intents', index, 'name'],
        message: 'a name that no other intent has',
      });
    }
    seen.add(intent.name);
    for (const field of ['requiredSlots', 'optionalSlots'] as const) {
      intent[field].forEach((slot, at) => {
        if (Object.hasOwn(script.slots, slot)) return;
        context.addIssue({
          code: 'custom',
          path: ['intents', index, field, at],
          message: `one of the slots: ${Object.keys(script.slots).join(', ') || '(none)'}`,
        });
      });
    }
  });
}

/** `script.yaml` of one version of a script. */
export const scriptSchema = shape.superRefine(checkAcross);

export type Script = z.output<typeof scriptSchema>;
export type Intent = Script['intents'][number];
export type Slot = z.output<typeof slotSchema>;
export type AgentBrief = z.output<typeof agentBriefSchema>;

/** What `handle` of logic.js may return. */
export const logicResultSchema = z
  .strictObject({
    /** Said to the customer. With `ask`, the question. */
    answer: words.optional(),
    /** The slot that the next message is to fill; then `handle` is called again. */
    ask: name.optional(),
    agent: agentBriefSchema.optional(),
    escalate: scriptEscalationSchema.optional(),
    /** Slots to forget. */
    clear: z.array(name).max(50).default([]),
    /** Given back with the next call in this interaction. */
    memory: z.json().optional(),
  })
  .superRefine((result, context) => {
    const ways = [result.answer, result.agent, result.escalate].filter((way) => way !== undefined).length;
    if (ways !== 1) {
      context.addIssue({ code: 'custom', message: 'exactly one of answer, agent and escalate' });
    }
    if (result.ask !== undefined && result.answer === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['answer'],
        message: 'the question that fills the slot asked for',
      });
    }
  });

export type LogicResult = z.output<typeof logicResultSchema>;
