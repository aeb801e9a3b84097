import { z } from 'zod';
import { type Catalogue, type CatalogueFigure, findFigure } from '../../scenarios/catalogue.ts';
import { figureOf, type StatedFigure, statedFigure, type WrittenFigure } from '../../scenarios/demand.ts';
import type { Failure, Result } from '../../vocabulary/errors.ts';
import { ok } from '../../vocabulary/errors.ts';
import { parseWith } from '../../vocabulary/parse.ts';
import { type SortedSamples, sortSamples } from '../../vocabulary/percentiles.ts';
import type { Sourced } from '../../vocabulary/plan-file.ts';
import { S_PER_DAY } from '../../vocabulary/units.ts';
import { sourced, sourcedFromFigure } from '../sourced.ts';

const ratio = figureOf(z.number().min(0).max(1));
const share = figureOf(z.number().min(0).lt(1));
const usd = figureOf(z.number().nonnegative());
/** At most a day: longer is a mistake of unit. */
const spanS = figureOf(z.number().positive().max(S_PER_DAY));

/** What a user may set instead of the catalogue's default: a number, or one with its range and source. */
export const planOverridesSchema = z.strictObject({
  busyHourShareRatio: figureOf(z.number().gt(0).max(1)).optional(),
  escalationRatio: ratio.optional(),
  /** Share of all contacts that go to a person without the machine; below 1. */
  directToHumanRatio: share.optional(),
  /** Share of contacts that come back about the same matter; below 1. */
  repeatRatio: share.optional(),
  /** Cost of a contact that a person handles. */
  humanContactUsd: usd.optional(),
  averageHandleTimeS: spanS.optional(),
  answeredRatio: figureOf(z.number().gt(0).lt(1)).optional(),
  targetWaitS: spanS.optional(),
  patienceS: spanS.optional(),
  maxOccupancyRatio: figureOf(z.number().gt(0).max(1)).optional(),
  shrinkageRatio: share.optional(),
  retryRatio: share.optional(),
  operatorUsdPerHour: usd.optional(),
});

export type PlanOverrides = z.infer<typeof planOverridesSchema>;

/** A figure of which only a range is known; low = value = high when it was given. */
export interface Uncertain {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly figure: Sourced;
  /** Values that were seen; they are drawn as they are, in place of a triangle. */
  readonly samples?: SortedSamples;
}

/** Every input that is not measured, resolved once. */
export interface Assumptions {
  readonly busyHourShare: Uncertain;
  readonly escalation: Uncertain;
  /** Share of all contacts that go to a person without the machine. */
  readonly directToHuman: Uncertain;
  readonly repeat: Uncertain;
  readonly humanContactUsd: Uncertain;
  readonly retry: Uncertain;
  readonly averageHandleTimeS: Sourced;
  /** The same with its range. */
  readonly handleTime: Uncertain;
  readonly answeredRatio: Sourced;
  readonly targetWaitS: Sourced;
  readonly patienceS: Sourced;
  readonly maxOccupancy: Sourced;
  readonly shrinkage: Sourced;
  readonly operatorUsdPerHour: Uncertain;
  readonly historyBytesPerTurn: Uncertain;
  readonly logBytesPerTurn: Uncertain;
  readonly egressBytesPerTurn: Uncertain;
  readonly vendorEgressBytesPerTurn: Uncertain;
  readonly retentionMonths: Sourced;
  readonly contextBytesPerInteraction: Sourced;
  /** Catalogue entries that were read. */
  readonly entryIds: readonly string[];
}

/** Where each default lies in the catalogue. */
const DEFAULTS = {
  busyHourShareRatio: ['default/busy-hour-share', 'busyHourShareRatio'],
  escalationRatio: ['default/escalation-share', 'escalationRatio'],
  directToHumanRatio: ['default/direct-to-human', 'directToHumanRatio'],
  repeatRatio: ['default/repeat-contact-share', 'repeatRatio'],
  humanContactUsd: ['cost-per-call/uk', 'callUsd'],
  humanContactLowUsd: ['cost-per-call/us', 'callUsd'],
  humanContactHighUsd: ['cost-per-contact/by-channel', 'phoneUsd'],
  retryRatio: ['default/retry-share', 'retryRatio'],
  averageHandleTimeS: ['aht/us-2023', 'averageHandleTimeS'],
  answeredRatio: ['default/service-level', 'answeredRatio'],
  targetWaitS: ['default/service-level', 'targetWaitS'],
  patienceS: ['service-time/anonymous-bank-1999', 'meanPatienceS'],
  maxOccupancyRatio: ['wfm/max-occupancy', 'ratio'],
  shrinkageRatio: ['wfm/shrinkage', 'ratio'],
  operatorUsdPerHour: ['default/operator', 'usdPerHour'],
  historyBytesPerTurn: ['default/turn-bytes', 'historyBytesPerTurn'],
  logBytesPerTurn: ['default/turn-bytes', 'logBytesPerTurn'],
  egressBytesPerTurn: ['default/turn-bytes', 'egressBytesPerTurn'],
  vendorEgressBytesPerTurn: ['default/turn-bytes', 'vendorEgressBytesPerTurn'],
  retentionMonths: ['default/history-retention', 'retentionMonths'],
  contextBytesPerInteraction: ['default/context-bytes', 'contextBytesPerInteraction'],
} as const;

type DefaultName = keyof typeof DEFAULTS;
type Figures = Readonly<Record<DefaultName, CatalogueFigure>>;

function readFigures(catalogue: Catalogue): Result<Figures> {
  const figures: Partial<Record<DefaultName, CatalogueFigure>> = {};
  const failures: Failure[] = [];
  for (const [name, [id, field]] of Object.entries(DEFAULTS)) {
    const figure = findFigure(catalogue, id, field);
    if (figure.kind === 'ok') figures[name as DefaultName] = figure.value;
    else failures.push(figure.failure);
  }
  const [first] = failures;
  if (first === undefined) return ok(figures as Figures);
  return { kind: 'failed', failure: { ...first, issues: failures.flatMap(({ issues }) => issues) } };
}

const given = (name: string, stated: StatedFigure, unit: string): Sourced =>
  sourced(name, stated.value, unit, { basis: 'assumed', source: stated.source ?? 'given with the plan' });

interface Resolver {
  readonly figures: Figures;
  readonly overrides: PlanOverrides;
}

/** The user's own value; undefined where the default stands. */
function ownFigure(from: Resolver, name: DefaultName): StatedFigure | undefined {
  const written = (from.overrides as Partial<Record<string, WrittenFigure>>)[name];
  return written === undefined ? undefined : statedFigure(written);
}

function single(from: Resolver, name: DefaultName): Sourced {
  const figure = from.figures[name];
  const own = ownFigure(from, name);
  return own === undefined ? sourcedFromFigure(name, figure) : given(name, own, figure.unit);
}

function uncertain(from: Resolver, name: DefaultName, bounds?: readonly [number, number]): Uncertain {
  const figure = single(from, name);
  const { value } = figure;
  const own = ownFigure(from, name);
  if (own !== undefined) {
    const seen = own.samples === undefined ? {} : { samples: sortSamples(own.samples) };
    return { value, low: own.low, high: own.high, figure, ...seen };
  }
  const range = from.figures[name].range;
  const [low, high] = bounds ?? [range?.low ?? value, range?.high ?? value];
  return { value, low: Math.min(low, value), high: Math.max(high, value), figure };
}

/** The catalogue's defaults with the user's own values over them; every problem is listed. */
export function resolveAssumptions(catalogue: Catalogue, overrides: unknown): Result<Assumptions> {
  const own = parseWith(planOverridesSchema, overrides ?? {}, 'INVALID_DEMAND', 'the plan overrides');
  if (own.kind === 'failed') return own;
  const figures = readFigures(catalogue);
  if (figures.kind === 'failed') return figures;
  const from: Resolver = { figures: figures.value, overrides: own.value };
  const { humanContactLowUsd, humanContactHighUsd } = figures.value;
  return ok({
    busyHourShare: uncertain(from, 'busyHourShareRatio'),
    escalation: uncertain(from, 'escalationRatio'),
    directToHuman: uncertain(from, 'directToHumanRatio'),
    repeat: uncertain(from, 'repeatRatio'),
    humanContactUsd: uncertain(from, 'humanContactUsd', [
      humanContactLowUsd.value,
      humanContactHighUsd.range?.high ?? humanContactHighUsd.value,
    ]),
    retry: uncertain(from, 'retryRatio'),
    averageHandleTimeS: single(from, 'averageHandleTimeS'),
    handleTime: uncertain(from, 'averageHandleTimeS'),
    answeredRatio: single(from, 'answeredRatio'),
    targetWaitS: single(from, 'targetWaitS'),
    patienceS: single(from, 'patienceS'),
    maxOccupancy: single(from, 'maxOccupancyRatio'),
    shrinkage: single(from, 'shrinkageRatio'),
    operatorUsdPerHour: uncertain(from, 'operatorUsdPerHour'),
    historyBytesPerTurn: uncertain(from, 'historyBytesPerTurn'),
    logBytesPerTurn: uncertain(from, 'logBytesPerTurn'),
    egressBytesPerTurn: uncertain(from, 'egressBytesPerTurn'),
    vendorEgressBytesPerTurn: uncertain(from, 'vendorEgressBytesPerTurn'),
    retentionMonths: single(from, 'retentionMonths'),
    contextBytesPerInteraction: single(from, 'contextBytesPerInteraction'),
    entryIds: [...new Set(Object.values(DEFAULTS).map(([id]) => id))],
  });
}
