import type { PlanFile, PlannedMode, Sourced } from '../vocabulary/plan-file.ts';
import { plannedModes } from './plan-reading.ts';

/** A figure with everything that it is used for. */
export interface UsedFigure extends Sourced {
  readonly usedFor: string;
}

const usedFor = (figures: readonly Sourced[], what: string): UsedFigure[] =>
  figures.map((figure) => ({ ...figure, usedFor: what }));

const priceFigures = ({ mode, costLines }: PlannedMode): UsedFigure[] =>
  costLines.map((cost) => ({
    name: `price of ${cost.line}`,
    value: cost.unitPriceUsd,
    unit: `USD per ${cost.unit}`,
    basis: cost.basis,
    source: cost.source,
    ...(cost.date === undefined ? {} : { date: cost.date }),
    usedFor: mode,
  }));

/** What the optional sections of a mode rest on. */
function sectionFigures({ mode, waiting, people, autoscaling }: PlannedMode): UsedFigure[] {
  const policies = (autoscaling?.tiers ?? []).flatMap((tier) =>
    tier.kind === 'scaled'
      ? tier.policies.flatMap(({ settings, title }) =>
          usedFor(settings, `${mode}, ${tier.tier} under ${title}`),
        )
      : [],
  );
  const serverless = (autoscaling?.serverless ?? []).flatMap(({ figures, tier, offer }) =>
    usedFor(figures, `${mode}, ${tier} as ${offer}`),
  );
  return [
    ...usedFor(waiting?.arrivals.figures ?? [], `${mode}, waiting`),
    ...usedFor(people?.figures ?? [], `${mode}, people`),
    ...policies,
    ...serverless,
  ];
}

const modeFigures = (mode: PlannedMode): UsedFigure[] => [
  ...mode.tiers.flatMap(({ tier, capacity }) => usedFor(capacity, `${mode.mode}, ${tier}`)),
  ...priceFigures(mode),
  ...sectionFigures(mode),
];

const breakEvenFigures = ({ breakEven }: PlanFile): UsedFigure[] => [
  ...(breakEven?.utilisation ?? []).flatMap(({ figures, own, bought }) =>
    usedFor(figures, `break-even of ${own} and ${bought}`),
  ),
  ...(breakEven?.commitments ?? []).flatMap(({ figures, mode, tier }) =>
    usedFor(figures, `commitment of ${mode}, ${tier}`),
  ),
];

/** One row per figure, with everything it is used for. */
export function mergeFigures(figures: readonly UsedFigure[]): UsedFigure[] {
  const byKey = Map.groupBy(figures, ({ name, value, unit, basis, source, date }) =>
    JSON.stringify([name, value, unit, basis, source, date]),
  );
  return [...byKey.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const uses = new Set([first, ...rest].map((figure) => figure.usedFor));
    return [{ ...first, usedFor: [...uses].join('; ') }];
  });
}

/** Every figure that a plan rests on, each once. */
export const usedFigures = (plan: PlanFile): UsedFigure[] =>
  mergeFigures([
    ...usedFor(plan.demand.figures, 'demand'),
    ...plannedModes(plan).flatMap(modeFigures),
    ...breakEvenFigures(plan),
  ]);
