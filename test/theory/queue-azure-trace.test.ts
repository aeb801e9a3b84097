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

    test('busier minutes bring shorter answers: work swings far less than counts', () => {
      const ofWork = summary?.indexOfDispersionOfWork?.['60'] ?? Number.NaN;
      expect(ofWork).toBeLessThan((summary?.indexOfDispersion['60'] ?? 0) / 3);
      expect(ofWork).toBeGreaterThan(1 + (summary?.workScv ?? 0));
      for (const { independentWork } of cases) expect(independentWork).toBeGreaterThan(3);
    });

    test('Erlang C understates the wait: three quarters of it at best, a tenth at worst', () => {
      for (const { erlangC } of cases) expect(erlangC).toBeLessThan(0.85);
      for (const { erlangC, servers } of cases) if (servers >= 32) expect(erlangC).toBeLessThan(0.5);
    });

    test('the simulator with the instants and service times of the trace is the replay', () => {
      for (const { onTrace } of cases) expect(onTrace).toBeCloseTo(1, 9);
    });

    test('simulation on the fitted process, of which only the summary is known: 0.8 to 1.25 of the replay', () => {
      for (const { fitted } of cases) {
        expect(fitted).toBeGreaterThan(0.8);
        expect(fitted).toBeLessThan(1.25);
      }
    });
  },
);
