import { createFailure, ok, type Result } from '../vocabulary/errors.ts';
import { parseWith, parseYaml, readText } from '../vocabulary/parse.ts';
import { type DemandArrivals, readDemandArrivals } from './demand/arrivals.ts';
import { demandIssues } from './demand/checks.ts';
import { type DemandSpec, demandFileSchema } from './demand/schema.ts';

export type { DemandArrivals } from './demand/arrivals.ts';
export { figureOf, type StatedFigure, statedFigure, type WrittenFigure } from './demand/figure.ts';
export { profileShape, type Shape } from './demand/profile-shapes.ts';
export {
  DEMAND_SCHEMA_VERSION,
  type DemandProfile,
  type DemandSpec,
  demandFileSchema,
  type InteractionShape,
  MAX_INTERACTIONS_PER_DAY,
  MIN_INTERACTIONS_PER_DAY,
  PROFILE_SHAPES,
  type ProfileShape,
  type VoiceSpec,
} from './demand/schema.ts';
export type { WithinHours } from './demand/within-hours.ts';

/** A demand file that keeps every rule. */
export interface DemandFile {
  readonly path: string;
  readonly spec: DemandSpec;
  /** Present when the volume is a trace. */
  readonly arrivals?: DemandArrivals;
}

/** Parses demand text without reading what it refers to; all problems are listed. */
export function parseDemand(text: string, what: string): Result<DemandSpec> {
  const value = parseYaml(text, 'INVALID_DEMAND', what);
  if (value.kind === 'failed') return value;
  const spec = parseWith(demandFileSchema, value.value, 'INVALID_DEMAND', what);
  if (spec.kind === 'failed') return spec;
  const issues = demandIssues(spec.value);
  if (issues.length === 0) return spec;
  const message = `${what} has ${issues.length} problem${issues.length === 1 ? '' : 's'}`;
  return { kind: 'failed', failure: createFailure('INVALID_DEMAND', message, { issues }) };
}

/** Reads a demand file and the trace that it may name. */
export function readDemandFile(path: string): Result<DemandFile> {
  const text = readText(path);
  if (text.kind === 'failed') return text;
  const spec = parseDemand(text.value, path);
  if (spec.kind === 'failed') return spec;
  const arrivals = readDemandArrivals(spec.value, path);
  if (arrivals.kind === 'failed') return arrivals;
  const file = { path, spec: spec.value };
  return ok(arrivals.value === undefined ? file : { ...file, arrivals: arrivals.value });
}
