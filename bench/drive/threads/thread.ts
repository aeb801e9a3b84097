import { parentPort, workerData } from 'node:worker_threads';
import { createFailure, type Failure, failureFromUnknown } from '../../../vocabulary/errors.ts';
import type { ProgressEvent } from '../../run/progress.ts';
import { runBench } from '../../run/run-bench.ts';
import type { FromThread, ThreadRun, ToThread } from './messages.ts';

/** One generator thread: runs its part of the schedule and tells the result. */
const port = parentPort;
if (port === null) throw new Error('a generator thread is started by run-threaded');
const tell = (message: FromThread): void => port.postMessage(message);
const tellFailure = ({ code, message, hint, issues }: Failure): void =>
  tell({ kind: 'failed', failure: { ...createFailure(code, message, { hint }), issues } });

/** A view of the running step is a function over its state: it cannot leave the thread. */
function copyable(event: ProgressEvent): ProgressEvent {
  if (event.kind !== 'step-started') return event;
  const { view: _view, ...rest } = event;
  return rest;
}

const abort = new AbortController();
port.on('message', (message: ToThread) => {
  if (message === 'abort') abort.abort(new Error('the run was stopped'));
});
try {
  const result = await runBench({
    ...(workerData as ThreadRun),
    signal: abort.signal,
    onProgress: (event) => tell({ kind: 'progress', event: copyable(event) }),
  });
  if (result.kind === 'ok') tell({ kind: 'result', result: result.value });
  else tellFailure(result.failure);
} catch (error) {
  tellFailure(failureFromUnknown(error));
}
