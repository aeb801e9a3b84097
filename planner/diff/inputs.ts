import { assertNever } from '../../vocabulary/errors.ts';
import { METRICS } from '../../vocabulary/metrics.ts';
import type { InputChange } from '../../vocabulary/plan-diff.ts';
import type {
  CostLine,
  PlanFile,
  PlanMeasurement,
  PlannedMode,
  Sourced,
} from '../../vocabulary/plan-file.ts';
import type { Setting } from '../../vocabulary/plan-sections/inputs.ts';
import { plannedModes } from '../../vocabulary/planned-modes.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { differs, type Pair, pairUp, wordsChange } from './change.ts';

interface Ends {
  readonly kind: InputChange['kind'];
  readonly name: string;
  readonly mode?: string;
  readonly tier?: string;
  readonly unit?: string | undefined;
  readonly before: Setting | undefined;
  readonly after: Setting | undefined;
  readonly restsBefore?: string | undefined;
  readonly restsAfter?: string | undefined;
}

const isSameSetting = (before: Setting | undefined, after: Setting | undefined): boolean =>
  typeof before === 'number' && typeof after === 'number' ? !differs(before, after) : before === after;

/** An entry where the value changed, or what it rests on; none where both stayed. */
function inputChange(ends: Ends): InputChange[] {
  const { before, after, restsBefore, restsAfter, unit, ...named } = ends;
  const isResting = restsBefore !== restsAfter;
  if (isSameSetting(before, after) && !isResting) return [];
  return [
    {
      ...named,
      ...(unit === undefined ? {} : { unit }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(isResting ? { rests: wordsChange(restsBefore, restsAfter) } : {}),
    },
  ];
}

const restsOf = (figure: { basis: string; source: string; date?: string | undefined } | undefined) =>
  figure === undefined
    ? undefined
    : `${figure.basis}: ${figure.source}${figure.date === undefined ? '' : `, ${figure.date}`}`;

/** A figure that follows from others is an answer and no input. */
const isInput = (figure: Sourced | undefined): boolean => figure !== undefined && figure.basis !== 'derived';

function figureChange(pair: Pair<Sourced>, where: Pick<Ends, 'kind' | 'mode' | 'tier'>): InputChange[] {
  const { before, after, key } = pair;
  if (!isInput(before) && !isInput(after)) return [];
  return inputChange({
    ...where,
    name: key,
    unit: (after ?? before)?.unit,
    before: before?.value,
    after: after?.value,
    restsBefore: restsOf(before),
    restsAfter: restsOf(after),
  });
}

const nameOf = ({ name }: Sourced): string => name;

const demandChanges = (before: PlanFile, after: PlanFile): InputChange[] =>
  pairUp(before.demand.figures, after.demand.figures, nameOf).flatMap((pair) =>
    figureChange(pair, { kind: 'demand' }),
  );

/** What an objective is about, without its limit: the same one with another limit is one that changed. */
function objectiveName(slo: Slo): string {
  switch (slo.kind) {
    case 'latency':
      return `p${slo.percentile} ${METRICS[slo.metric].label}`;
    case 'error-ratio':
      return 'errors';
    default:
      return assertNever(slo);
  }
}

const limitOf = (slo: Slo | undefined): number | undefined =>
  slo === undefined ? undefined : slo.kind === 'latency' ? slo.limitMs : slo.limitRatio;

const objectiveChanges = (before: PlanFile, after: PlanFile): InputChange[] =>
  pairUp(before.slos, after.slos, objectiveName).flatMap(({ key, before: old, after: now }) =>
    inputChange({
      kind: 'objective',
      name: key,
      unit: (now ?? old)?.kind === 'latency' ? 'ms' : 'ratio',
      before: limitOf(old),
      after: limitOf(now),
    }),
  );

const restsOfMeasurement = (measurement: PlanMeasurement | undefined): string | undefined =>
  measurement === undefined
    ? undefined
    : `${measurement.simulated ? 'simulated' : 'measured'}: run ${measurement.runId}${
        measurement.refusal === undefined ? '' : `, refused: ${measurement.refusal}`
      }`;

const measurementChanges = (before: PlanFile, after: PlanFile): InputChange[] =>
  pairUp(before.measurements, after.measurements, ({ engine, target }) => `${target} (${engine})`).flatMap(
    ({ key, before: old, after: now }) =>
      inputChange({
        kind: 'measurement',
        name: key,
        unit: 'turns/s at the objectives',
        before: old?.capacityTurnsPerS,
        after: now?.capacityTurnsPerS,
        restsBefore: restsOfMeasurement(old),
        restsAfter: restsOfMeasurement(now),
      }),
  );

const bothPlanned = (before: PlanFile, after: PlanFile): Pair<PlannedMode>[] =>
  pairUp(plannedModes(before), plannedModes(after), ({ mode }) => mode).filter(
    ({ before: old, after: now }) => old !== undefined && now !== undefined,
  );

function capacityChanges(before: PlanFile, after: PlanFile): InputChange[] {
  return bothPlanned(before, after).flatMap(({ key: mode, before: old, after: now }) =>
    pairUp(old?.tiers ?? [], now?.tiers ?? [], ({ tier }) => tier).flatMap(({ key: tier, ...tiers }) =>
      tiers.before === undefined || tiers.after === undefined
        ? []
        : pairUp(tiers.before.capacity, tiers.after.capacity, nameOf).flatMap((pair) =>
            figureChange(pair, { kind: 'capacity', mode, tier }),
          ),
    ),
  );
}

/** Prices by what they are the price of: one entry may price lines of several modes. */
const priceKey = ({ skuId, source, unit, line }: CostLine): string =>
  `${skuId ?? source.split(':')[0] ?? source}, ${line.replaceAll(/\d+(\.\d+)?/g, '#')}, per ${unit}`;

function priceChanges(before: PlanFile, after: PlanFile): InputChange[] {
  const linesOf = (plan: PlanFile): CostLine[] => plannedModes(plan).flatMap(({ costLines }) => costLines);
  return pairUp(linesOf(before), linesOf(after), priceKey).flatMap(({ before: old, after: now }) =>
    old === undefined || now === undefined
      ? []
      : inputChange({
          kind: 'price',
          name: now.line,
          unit: `USD per ${now.unit}`,
          before: old.unitPriceUsd,
          after: now.unitPriceUsd,
          restsBefore: restsOf(old),
          restsAfter: restsOf(now),
        }),
  );
}

type DrawnInput = NonNullable<PlannedMode['uncertainty']>['inputs'][number];

/** How far an input reaches to both sides of its value: a value that moves takes its range along. */
const reachOf = ({ low, value, high }: DrawnInput): number[] =>
  value === 0 ? [low, high] : [low / value, high / value];

const PRECISION = 6;
const rangeWords = ({ low, high }: DrawnInput): string =>
  `${Number(low.toPrecision(PRECISION))} to ${Number(high.toPrecision(PRECISION))}`;

/** Drawn inputs of both plans that reach further, or less far, than before. They move P10 and P90, not the plan itself. */
function rangeChanges(before: PlanFile, after: PlanFile): InputChange[] {
  const drawnOf = (plan: PlanFile): DrawnInput[] =>
    plannedModes(plan).flatMap(({ uncertainty }) => uncertainty?.inputs ?? []);
  return pairUp(drawnOf(before), drawnOf(after), ({ key }) => key).flatMap(({ before: old, after: now }) => {
    if (old === undefined || now === undefined) return [];
    const [oldReach, reach] = [reachOf(old), reachOf(now)];
    return oldReach.some((end, index) => differs(end, reach[index]))
      ? inputChange({
          kind: 'range',
          name: now.label,
          unit: now.unit,
          before: rangeWords(old),
          after: rangeWords(now),
        })
      : [];
  });
}

/** Settings of modes that both plans name; nothing where one of them does not keep settings. */
function settingChanges(before: PlanFile, after: PlanFile): InputChange[] {
  const [old, now] = [before.inputs?.modeSettings, after.inputs?.modeSettings];
  if (old === undefined || now === undefined) return [];
  return Object.entries(now).flatMap(([mode, settings]) => {
    const earlier = old[mode];
    if (earlier === undefined) return [];
    const paths = new Set([...Object.keys(settings), ...Object.keys(earlier)]);
    return [...paths].flatMap((name) =>
      inputChange({ kind: 'setting', name, mode, before: earlier[name], after: settings[name] }),
    );
  });
}

const versionChanges = (before: PlanFile, after: PlanFile): InputChange[] => [
  ...inputChange({
    kind: 'version',
    name: before.tool.name,
    before: before.tool.version,
    after: after.tool.version,
  }),
  ...inputChange({ kind: 'version', name: 'seed', before: before.seed, after: after.seed }),
];

/** Every input that is not the same in both plans: demand, objectives, measurements, prices, settings, in that order. */
export const changedInputs = (before: PlanFile, after: PlanFile): InputChange[] =>
  [
    demandChanges,
    objectiveChanges,
    measurementChanges,
    capacityChanges,
    priceChanges,
    rangeChanges,
    settingChanges,
    versionChanges,
  ].flatMap((changes) => changes(before, after));
