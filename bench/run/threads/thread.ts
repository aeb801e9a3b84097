import { parentPort, workerData } from 'node:worker_threads';
import { createFailure, type Failure, failureFromUnknown, unwrap } from '../../../vocabulary/errors.ts';
import type { ResultStep } from '../../../vocabulary/result-file.ts';
import { runClosedStep } from '../closed-step.ts';
import { runOpenStep } from '../open-step.ts';
import type { ProgressEvent } from '../progress.ts';
import { prepareRun } from '../run-bench.ts';
import { RunJournal } from '../run-journal.ts';
import { waitUntilUnix } from '../start-time.ts';
import type { RunContext } from '../step-context.ts';
import type { StepOrder } from '../step-crew.ts';
import type { StepView } from '../step-view.ts';
import { replayTraceStep } from '../trace-step.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';
import { packView, packViewStart } from './packed-view.ts';

/** One generator thread: carries out its part of every step that it is told, and tells what came of it. */
const port = parentPort;
if (port === null) throw new Error('a generator thread is started by generator-thread');
const tell = (message: FromThread): void => port.postMessage(message);

/** The stack of a failure stays here: an error's cause cannot always be copied. */
const tellFailure = ({ code, message, hint, issues }: Failure): void =>
  tell({ kind: 'failed', failure: { ...createFailure(code, message, { hint }), issues } });

const abort = new AbortController();

/** The view of the running step: a function over its state, which cannot leave the thread as it is. */
let view: StepView | undefined;

function onProgress(event: ProgressEvent): void {
  if (event.kind === 'step-started' && event.view !== undefined) {
    view = event.view;
    tell({ kind: 'begun', view: packViewStart(view) });
  }
  if (event.kind === 'tick' && view !== undefined) tell({ kind: 'tick', tick: event, soFar: packView(view) });
}

/** Scheduled actions and the common start are the business of the thread that runs the plan. */
async function prepareContext(setup: ThreadSetup): Promise<RunContext> {
  const { context } = unwrap(
    await prepareRun({
      ...setup,
      scenario: { ...setup.scenario, actions: [] },
      signal: abort.signal,
      onProgress,
    }),
  );
  return context;
}

function carryOut(context: RunContext, order: StepOrder): Promise<ResultStep | undefined> {
  switch (order.kind) {
    case 'open':
      return runOpenStep(context, order.step, order.label);
    case 'closed':
      return runClosedStep(context, order.options, order.label);
    case 'trace':
      return replayTraceStep(context, order.trace, order.label);
  }
}

type Told = Extract<ToThread, { kind: 'step' }>;

async function runTold(side: RunContext, told: Told, journal: RunJournal): Promise<void> {
  const startedAtMs = told.runStartedAtUnixMs - performance.timeOrigin;
  await waitUntilUnix(told.startAtUnixMs, abort.signal);
  const context = { ...side, startedAtMs, journal, metricsUrls: told.metricsUrls };
  tell({ kind: 'step', step: await carryOut(context, told.order) });
}

try {
  const context = await prepareContext(workerData as ThreadSetup);
  let journal = new RunJournal();
  const sideOf = ({ label }: StepOrder): RunContext =>
    (label.variant === 'b' ? context.variants?.b : context.variants?.a) ?? context;
  const tellSoFar = (): void => {
    const startedAtMs = performance.now();
    const [step] = journal.read();
    tell({ kind: 'so-far', step, costMs: performance.now() - startedAtMs });
  };
  port.on('message', (message: ToThread) => {
    if (message.kind === 'abort') abort.abort(new Error('the run was stopped'));
    else if (message.kind === 'read') tellSoFar();
    else {
      journal = new RunJournal();
      runTold(sideOf(message.order), message, journal).catch((error: unknown) =>
        tellFailure(failureFromUnknown(error)),
      );
    }
  });
  tell({ kind: 'ready' });
} catch (error) {
  tellFailure(failureFromUnknown(error));
}
