import { z } from 'zod';
import type { Issue } from '../../vocabulary/errors.ts';
import { parseWith } from '../../vocabulary/parse.ts';
import { type Slo, sloSchema } from '../../vocabulary/slo.ts';

const objectives = z.strictObject({ slos: z.array(sloSchema) });

/** Objectives that are none: a limit that is no number, a percentile of 100. Those of files were checked as they were read. */
export function objectiveIssues(slos: readonly Slo[]): readonly Issue[] {
  const parsed = parseWith(objectives, { slos }, 'INVALID_DEMAND', 'the objectives');
  return parsed.kind === 'ok' ? [] : parsed.failure.issues;
}
