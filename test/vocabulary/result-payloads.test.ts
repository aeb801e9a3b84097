import { describe, expect, it } from 'vitest';
import { parseResultFile, type ResultFile } from '../../vocabulary/result-file.ts';
import { cpuResult } from '../presentation/fixtures.ts';

const parse = (change: (result: ResultFile) => void) => {
  const result = structuredClone(cpuResult());
  change(result);
  return parseResultFile(JSON.stringify(result), 'result.json');
};

function latencyOf({ steps }: ResultFile, step: number) {
  const latency = steps[step]?.histograms.latencyMs;
  if (latency === undefined) throw new Error('the fixture has no latency');
  return latency;
}

describe('packed parts of a result', () => {
  it('are read where they are whole', () => {
    expect(parse(() => {}).kind).toBe('ok');
  });

  it('are refused on reading with every place that is damaged, so that no command meets them later', () => {
    const read = parse((result) => {
      latencyOf(result, 0).data = 'AAAA';
      latencyOf(result, 1).data = latencyOf(result, 1).data.slice(0, 40);
      const [first] = result.steps;
      if (first !== undefined)
        first.inFlightChanges = { encoding: 'grid-deltas-base64', requests: 2, sent: 'AAAA', ended: '%' };
    });
    expect(read).toMatchObject({ kind: 'failed', failure: { code: 'INVALID_RESULT_FILE' } });
    const paths = read.kind === 'failed' ? read.failure.issues.map(({ path }) => path) : [];
    expect(paths).toEqual([
      'steps[0].histograms.latencyMs',
      'steps[0].inFlightChanges',
      'steps[1].histograms.latencyMs',
    ]);
  });

  it('must hold as many samples as they say', () => {
    const read = parse((result) => {
      latencyOf(result, 0).count += 1;
    });
    expect(read).toMatchObject({
      failure: {
        issues: [
          { path: 'steps[0].histograms.latencyMs', got: expect.stringContaining('samples instead of') },
        ],
      },
    });
  });

  it('of more instants than memory holds are refused, not allocated', () => {
    const read = parse((result) => {
      const [first] = result.steps;
      if (first !== undefined)
        first.inFlightChanges = { encoding: 'grid-deltas-base64', requests: 2 ** 52, sent: '', ended: '' };
    });
    expect(read.kind).toBe('failed');
  });
});
