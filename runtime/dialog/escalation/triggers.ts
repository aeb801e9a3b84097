import type { ScriptStep } from '../script/run-script.ts';
import type { ScriptState } from '../script/script-state.ts';
import type { TurnScope } from '../turn-types.ts';
import type { Escalation } from './hand-over.ts';
import { asksForHuman } from './human-request.ts';
import { computeSentiment } from './sentiment.ts';

/** What the message alone decides, before any script or model: the right to a human comes first. */
export function escalationByMessage({
  parts,
  context,
  interaction,
  input,
}: TurnScope): Escalation | undefined {
  const { escalation } = parts.config;
  const script = parts.scripts?.forVersion(context.script?.version ?? '');
  const extraKeys = [...parts.humanKeys, ...(script?.humanKeys ?? [])];
  if (asksForHuman(input.text, extraKeys)) {
    const text = script?.script.human.answer;
    return {
      trigger: 'customer_request',
      reasonCode: 'customer_asked_for_person',
      reason: 'The customer asked for a person.',
      ...(text === undefined ? {} : { text }),
    };
  }
  const direct = script?.script.directToPerson;
  if (direct !== undefined && script?.directToPerson.has(interaction.customerHash ?? '') === true) {
    return {
      trigger: 'script',
      reasonCode: direct.reasonCode,
      reason: 'This customer goes straight to a person.',
      ...(direct.answer === undefined ? {} : { text: direct.answer }),
    };
  }
  if (escalation.sentimentAtMost === 'off') return undefined;
  const sentiment = computeSentiment(input.text);
  return sentiment > escalation.sentimentAtMost
    ? undefined
    : {
        trigger: 'negative_sentiment',
        reasonCode: 'negative_sentiment',
        reason: `The message sounds upset (${sentiment.toFixed(2)}).`,
      };
}

/** Whether so many turns in a row went badly that a person should take over. */
export function escalationByUnsureTurns(
  { parts }: TurnScope,
  state: ScriptState | undefined,
): Escalation | undefined {
  const { maxUnsureTurns } = parts.config.escalation;
  const unsure = state?.unsureTurns ?? 0;
  if (maxUnsureTurns === 0 || unsure < maxUnsureTurns) return undefined;
  return {
    trigger: 'low_confidence',
    reasonCode: 'low_confidence',
    reason: `${unsure} turns in a row were not understood or answered at keyword level.`,
  };
}

/** What the script itself decided. */
export function escalationByScript(step: ScriptStep): Escalation | undefined {
  const { action } = step;
  if (action.kind !== 'escalate') return undefined;
  const { trigger, reasonCode, text } = action;
  return {
    trigger,
    reasonCode,
    reason: `The script hands over at ${step.intent ?? 'this point'}.`,
    ...(text === undefined ? {} : { text }),
  };
}
