import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { estimateCapacity } from '../../../planner/calibrate/capacity.ts';
import { resolveAssumptions } from '../../../planner/demand/assumptions.ts';
import { computeDemand } from '../../../planner/demand/demand.ts';
import { readDemandFile } from '../../../scenarios/demand.ts';
import { unwrap } from '../../../vocabulary/errors.ts';
import { dataPath } from '../../theory/published-vectors.ts';
import { llamaResult, SLOS } from '../fixtures/result.ts';
import { CATALOGUE } from '../fixtures/sized.ts';

const trace = dataPath('azure-llm-2023/AzureLLMInferenceTrace_conv.csv.gz');
const folder = mkdtempSync(join(tmpdir(), 'busyhour-azure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(trace === undefined)(
  'the Azure chat trace as demand (skipped where ../shared/data is absent)',
  () => {
    const path = join(folder, 'azure.yaml');
    const text = `
kind: busyhour-demand
schemaVersion: 1
name: azure chat
source: Azure/AzurePublicDataset
volume: { kind: trace, file: ${JSON.stringify(trace)}, format: azure-llm }
interaction: { turns: 1 }
`;
    writeFileSync(path, text);

    test('has the published rate and burstiness, and is sized for its busiest minute', () => {
      const file = unwrap(readDemandFile(path));
      const reference = llamaResult();
      const demand = unwrap(
        computeDemand({
          interactionsPerDay: undefined,
          reference,
          curve: estimateCapacity([reference], SLOS),
          assumptions: unwrap(resolveAssumptions(CATALOGUE, undefined)),
          file,
        }),
      );
      // demand.yaml of the catalogue: 19,366 requests at 5.53/s, index of dispersion 16.1 at 60 s, gap CV 1.094.
      expect(file.arrivals?.summary.requests).toBe(19_366);
      expect(demand.busyHourTurnsPerS).toBeCloseTo(5.53, 2);
      expect(demand.burstiness.indexOfDispersion60S).toBeCloseTo(16.1, 0);
      expect(demand.burstiness.gapCv).toBeCloseTo(1.094, 2);
      expect(demand.sizingTurnsPerS).toBeGreaterThan(1.5 * demand.busyHourTurnsPerS);
      // Under an hour: 15 % of a day.
      expect(demand.interactionsPerDay).toBeCloseTo((demand.busyHourTurnsPerS * 3600) / 0.15, 6);
    });
  },
);
