import { z } from 'zod';
import {
  type GeneratorUse,
  loadSchema,
  type ResultStep,
  type StepLoad,
} from '../../../vocabulary/result-file.ts';
import type { Slo } from '../../../vocabulary/slo.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';
import type { Exchange } from '../../drive/driver.ts';
import { StepRecorder } from '../../observe/recorder.ts';
import type { K6Run } from './collect.ts';
import type { K6Request } from './requests.ts';

/** What is known of a step before its points are read: from the script's own plan, or from the points. */
export const stepWindowSchema = z.object({
  id: z.string(),
  name: z.string(),
  block: z.int().nonnegative().optional(),
  load: loadSchema,
  warmUpMs: z.number().nonnegative(),
  windowMs: z.number().positive(),
  knowsSchedule: z.boolean(),
});
export type StepWindow = z.infer<typeof stepWindowSchema>;

const instantsOf = (requests: readonly K6Request[]): { readonly fromMs: number; readonly toMs: number } => {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = 0;
  for (const { sentAtUnixMs, endedAtUnixMs } of requests) {
    fromMs = Math.min(fromMs, sentAtUnixMs);
    toMs = Math.max(toMs, endedAtUnixMs);
  }
  return { fromMs, toMs };
};

/** Of a script that is not ours: one step per k6 scenario, from its first request to the end of its last. */
export function windowsFromRun(run: K6Run): StepWindow[] {
  const byStep = Map.groupBy(run.requests, ({ step }) => step);
  return [...byStep].map(([id, requests]) => {
    const { fromMs, toMs } = instantsOf(requests);
    const windowMs = Math.max(1, toMs - fromMs);
    const perS = Math.max(1e-9, (requests.length * MS_PER_S) / windowMs);
    const load: StepLoad =
      run.maxVus > 0
        ? { kind: 'closed', concurrency: run.maxVus }
        : { kind: 'open', interactionsPerS: perS, turnsPerS: perS };
    return { id, name: id, load, warmUpMs: 0, windowMs, knowsSchedule: false };
  });
}

/** Metrics that need the instant at which a request was due. */
function withoutSchedule(step: ResultStep): ResultStep {
  const {
    latencyMs: _latency,
    timeToFirstTokenMs: _first,
    scheduleSlipMs: _slip,
    ...histograms
  } = step.histograms;
  const timeline = step.timeline.map(({ latencySumMs: _sum, ...second }) => second);
  return { ...step, histograms, timeline };
}

export interface StepInputs {
  readonly run: K6Run;
  readonly slos: readonly Slo[];
  /** Of the k6 process over the whole run; absent where nobody watched it. */
  readonly generator?: GeneratorUse;
  readonly runStartedAtUnixMs: number;
}

/** When a step began: by the script's word, else with its first request. */
const startOf = (run: K6Run, { id, warmUpMs }: StepWindow, requests: readonly K6Request[]): number =>
  run.stepStartedAtUnixMs.get(id) ?? instantsOf(requests).fromMs - warmUpMs;

const exchangeOf = (request: K6Request): Exchange => ({
  outcome: request.outcome,
  sentAtMs: request.sentAtUnixMs,
  endedAtMs: request.endedAtUnixMs,
  chunksAtMs: request.chunksAtUnixMs ?? [],
  text: '',
  ...(request.usage === undefined ? {} : { usage: request.usage }),
  ...(request.queueWaitMs === undefined ? {} : { queueWaitMs: request.queueWaitMs }),
});

/** One step of the result by our own definitions; undefined when k6 sent nothing in it. */
export function stepFromRun(window: StepWindow, inputs: StepInputs): ResultStep | undefined {
  const { run, slos, generator, runStartedAtUnixMs } = inputs;
  const requests = run.requests.filter(({ step }) => step === window.id);
  if (requests.length === 0) return undefined;
  const startedAtMs = startOf(run, window, requests);
  const recorder = new StepRecorder({
    name: window.name,
    ...(window.block === undefined ? {} : { block: window.block }),
    load: window.load,
    slos,
    runStartedAtMs: runStartedAtUnixMs,
    windowFromMs: startedAtMs + window.warmUpMs,
    warmUpMs: window.warmUpMs,
    // A request sent in the very millisecond of the end belongs to a window that its own instants define.
    windowMs: window.windowMs,
  });
  for (const request of requests)
    recorder.recordExchange(request.sentAtUnixMs - (request.slipMs ?? 0), exchangeOf(request));
  for (const { step, atUnixMs, interactions } of run.dropped) {
    if (step !== window.id) continue;
    for (let i = 0; i < interactions; i++) recorder.recordDrop(atUnixMs, 'max-in-flight');
  }
  for (const { step, atUnixMs, event } of run.interactions) {
    if (step === window.id) recorder.recordInteraction(event, atUnixMs);
  }
  const step = recorder.finish(generator === undefined ? {} : { generator });
  return window.knowsSchedule ? step : withoutSchedule(step);
}
