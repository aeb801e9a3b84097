import { describe, expect, it } from 'vitest';
import { parsePlanFile } from '../../vocabulary/plan-file.ts';
import { parseResultFile } from '../../vocabulary/result-file.ts';

const text = (kind: string, schemaVersion = 1): string => JSON.stringify({ kind, schemaVersion });

describe('a file of another kind of ours', () => {
  it('is named for what it is, and the commands that read it', () => {
    const plan = parseResultFile(text('busyhour-plan'), 'plan.json');
    expect(plan).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'INVALID_RESULT_FILE',
        message: 'plan.json is no busyhour-result but a busyhour-plan',
        hint: 'It is a plan: plan --diff and report --plan read it.',
      },
    });
    const result = parsePlanFile(text('busyhour-result'), 'result.json');
    expect(result).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'INVALID_PLAN_FILE',
        message: 'result.json is no busyhour-plan but a busyhour-result',
      },
    });
  });

  it('of a newer version is refused by its number', () => {
    for (const [parse, kind] of [
      [parseResultFile, 'busyhour-result'],
      [parsePlanFile, 'busyhour-plan'],
    ] as const) {
      const read = parse(text(kind, 999), 'new.json');
      const message = expect.stringMatching(
        /^new\.json has schema version 999; this release reads up to \d+$/,
      );
      expect(read).toMatchObject({ kind: 'failed', failure: { message, hint: 'Update busyhour.' } });
    }
  });

  it('of no kind of ours is told by its fields', () => {
    const read = parseResultFile(text('something'), 'some.json');
    expect(read.kind === 'failed' && read.failure.issues?.map(({ path }) => path)).toContain('kind');
  });
});
