import type { WorkloadOf } from '../../scenarios/workload.ts';
import { createSampler } from '../../vocabulary/distributions.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type Dialog, readDialogs } from './dialog-file.ts';
import { type MeanShape, type ShapeSampler, wholeFrom } from './shape.ts';
import { countWords } from './text.ts';

type DialogWorkload = WorkloadOf<'dialogs'>;

/** Read once per path and process: every step of a run asks again. */
const read = new Map<string, readonly Dialog[]>();

function dialogsOf({ file }: DialogWorkload): readonly Dialog[] {
  const known = read.get(file);
  if (known !== undefined) return known;
  const dialogs = unwrap(readDialogs(file));
  read.set(file, dialogs);
  return dialogs;
}

/**
 * Real dialogs: what the customer says is the file's, the answers in the history are the target's. `in-order` numbers
 * the calls of one sampler, so one seed plays the same dialogs at the same places.
 */
export function dialogSampler(workload: DialogWorkload): ShapeSampler {
  const dialogs = dialogsOf(workload);
  const thinkTimeMs = wholeFrom(createSampler(workload.thinkTimeMs.distribution), 0);
  const drawnOutput =
    workload.outputTokens === undefined
      ? undefined
      : wholeFrom(createSampler(workload.outputTokens.distribution), 1);
  let next = 0;
  return (random) => {
    const drawn = Math.floor(random.next() * dialogs.length);
    const index = workload.order === 'drawn' ? drawn : next++ % dialogs.length;
    const dialog = dialogs[index];
    return {
      systemPromptTokens: 0,
      ...(dialog?.system === undefined ? {} : { systemText: dialog.system }),
      turns: (dialog?.turns ?? []).map(({ text, delayMs, answerWords }, i) => {
        const drawnMs = thinkTimeMs(random);
        return {
          thinkTimeMs: i === 0 ? 0 : (delayMs ?? drawnMs),
          inputTokens: countWords(text),
          outputTokens: drawnOutput?.(random) ?? Math.max(1, answerWords),
          text,
        };
      }),
    };
  };
}

/** Means over the file; `drawnThinkTimeMs` stands for messages without a delay of their own. */
export function meanDialog(workload: DialogWorkload, drawnThinkTimeMs: number): MeanShape {
  const dialogs = dialogsOf(workload);
  const turns = dialogs.reduce((sum, dialog) => sum + dialog.turns.length, 0);
  const later = dialogs.flatMap((dialog) => dialog.turns.slice(1));
  const thinkMs = later.reduce((sum, { delayMs }) => sum + (delayMs ?? drawnThinkTimeMs), 0);
  return {
    meanTurnsPerInteraction: turns / dialogs.length,
    meanThinkTimeMs: later.length === 0 ? 0 : thinkMs / later.length,
    basis: `turns: ${dialogs.length} dialogs of ${workload.file}; think time: ${workload.thinkTimeMs.source}`,
  };
}
