import { describe, expect, test } from 'vitest';
import { WAITING_CASES } from '../../measure/planner/queue.ts';
import { compareWithReplay } from '../../measure/planner/trace-waiting.ts';
import { readTrace } from '../../scenarios/traces/trace-formats.ts';
import { summariseTrace } from '../../scenarios/traces/trace-summary.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { dataPath } from './published-vectors.ts';

const path = dataPath('azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz');

describe.skipIf(path === undefined)(
  'waits under an hour of real chat requests (skipped where ../shared/data is absent)',
  () => {
    const trace = path === undefined ? undefined : unwrap(readTrace(path));
    const summary = trace && summariseTrace(trace);
    const cases =
      trace && summary
        ? WAITING_CASES.map((waitingCase) => compareWithReplay(trace.requests, summary, waitingCase))
        : [];

    test('the trace is burstier than closed forms allow', () => {
      expect(summary?.indexOfDispersion['60']).toBeGreaterThan(2);
    });

    test('Erlang C understates it where it matters: mean waits half as long or less at 0.8 and more', () => {
      for (const { utilisation, erlangC } of cases) if (utilisation >= 0.8) expect(erlangC).toBeLessThan(0.6);
    });

    test('the simulator with the service times of the trace is the replay', () => {
      for (const { replayed } of cases) expect(replayed).toBeCloseTo(1, 9);
    });

    test('simulation on the instants of the trace: within 10 % of the replay', () => {
      for (const { onTrace } of cases) expect(Math.abs(onTrace - 1)).toBeLessThan(0.1);
    });

    test('simulation on the fitted process, of which only the summary is known: 0.8 to 1.25 of the replay', () => {
      for (const { fitted } of cases) {
        expect(fitted).toBeGreaterThan(0.8);
        expect(fitted).toBeLessThan(1.25);
      }
    });
  },
);
