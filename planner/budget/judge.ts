import type { PlanFile, PlannedMode, RefusedMode } from '../../vocabulary/plan-file.ts';
import type { BudgetSection, BudgetVerdict } from '../../vocabulary/plan-sections/budget.ts';
import { PERCENT, percentFromRatio } from '../../vocabulary/units.ts';
import type { Ceiling, PlanBudget } from './ceilings.ts';
import { type FigureReference, parseFigure, readFigure, unitOf } from './figures.ts';

/** One bound of a ceiling in one mode. */
interface Judged {
  readonly ceiling: Ceiling;
  readonly figure: FigureReference;
  readonly mode: string;
  readonly words: string;
  readonly limit: number;
  readonly unit: string;
}

const PRECISION = 6;
const shown = (value: number): string => String(Number(value.toPrecision(PRECISION)));

function verdict(
  judged: Judged,
  state: BudgetVerdict['state'],
  explanation: string,
  value?: number,
): BudgetVerdict {
  const { mode, words, limit, unit, ceiling } = judged;
  const reason = ceiling.reason === undefined || state === 'kept' ? '' : ` (${ceiling.reason})`;
  return {
    mode,
    ceiling: words,
    state,
    ...(value === undefined ? {} : { value }),
    limit,
    unit,
    explanation: `${explanation}${reason}`,
  };
}

type AnyMode = PlannedMode | RefusedMode | undefined;

/** Why a mode has no figures, where it has none. */
function absence(mode: AnyMode): string | undefined {
  if (mode === undefined) return 'the plan does not have this mode';
  return mode.kind === 'refused' ? `the mode was refused: ${mode.reason}` : undefined;
}

function judgeLevel(judged: Judged, mode: AnyMode, isBelow: (value: number) => boolean): BudgetVerdict {
  const missing = absence(mode);
  const value = mode?.kind === 'planned' ? readFigure(mode, judged.figure) : undefined;
  if (value === undefined) {
    return verdict(judged, 'unknown', missing ?? 'the plan does not have this figure');
  }
  const words = `${shown(value)} ${judged.unit}`;
  return isBelow(value)
    ? verdict(judged, 'kept', words, value)
    : verdict(judged, 'broken', `${words}, limit ${shown(judged.limit)}`, value);
}

function judgeGrowth(judged: Judged, mode: AnyMode, earlier: AnyMode, isShare: boolean): BudgetVerdict {
  if (earlier?.kind !== 'planned') {
    return verdict(judged, 'not-judged', 'no earlier plan of this mode to compare with');
  }
  const before = readFigure(earlier, judged.figure);
  const after = mode?.kind === 'planned' ? readFigure(mode, judged.figure) : undefined;
  if (before === undefined || after === undefined) {
    return verdict(judged, 'unknown', absence(mode) ?? 'one of the plans does not have this figure');
  }
  const growth = after - before;
  const value = isShare ? growth / before : growth;
  const words = `${shown(before)} → ${shown(after)} ${judged.unit.replace('share of ', '')}`;
  if (growth <= 0) return verdict(judged, 'kept', words, Number.isFinite(value) ? value : 0);
  // Growth from nothing has no share: it is more than any.
  if (!Number.isFinite(value)) return verdict(judged, 'broken', words);
  const by = isShare ? `${shown(percentFromRatio(value))} %` : shown(value);
  return value <= judged.limit
    ? verdict(judged, 'kept', `${words}, + ${by}`, value)
    : verdict(judged, 'broken', `${words}, + ${by}`, value);
}

interface Modes {
  readonly now: AnyMode;
  readonly earlier: AnyMode;
}

function judgeCeiling(ceiling: Ceiling, mode: string, { now, earlier }: Modes): BudgetVerdict[] {
  const figure = parseFigure(ceiling.figure);
  if (figure === undefined) throw new Error(`${ceiling.figure} passed the budget's schema`);
  const unit = unitOf(figure);
  const judged = (words: string, limit: number, of = unit): Judged => ({
    ceiling,
    figure,
    mode,
    words: `${ceiling.figure} ${words}`,
    limit,
    unit: of,
  });
  const { max, min, maxIncrease, maxIncreaseRatio } = ceiling;
  return [
    ...(max === undefined ? [] : [judgeLevel(judged(`≤ ${max}`, max), now, (value) => value <= max)]),
    ...(min === undefined ? [] : [judgeLevel(judged(`≥ ${min}`, min), now, (value) => value >= min)]),
    ...(maxIncrease === undefined
      ? []
      : [judgeGrowth(judged(`grows by at most ${maxIncrease}`, maxIncrease), now, earlier, false)]),
    ...(maxIncreaseRatio === undefined
      ? []
      : [
          judgeGrowth(
            judged(
              `grows by at most ${shown(maxIncreaseRatio * PERCENT)} %`,
              maxIncreaseRatio,
              `share of ${unit}`,
            ),
            now,
            earlier,
            true,
          ),
        ]),
  ];
}

/** Modes that a ceiling speaks of: the one that it names, else those planned now or before. */
function modesOf(ceiling: Ceiling, plan: PlanFile, earlier: PlanFile | undefined): string[] {
  if (ceiling.mode !== undefined) return [ceiling.mode];
  const hasGrowth = ceiling.maxIncrease !== undefined || ceiling.maxIncreaseRatio !== undefined;
  const planned = new Set(
    [...plan.modes, ...(hasGrowth ? (earlier?.modes ?? []) : [])]
      .filter(({ kind }) => kind === 'planned')
      .map(({ mode }) => mode),
  );
  return plan.modes.map(({ mode }) => mode).filter((mode) => planned.has(mode));
}

/**
 * The plan held against each ceiling in each mode that it speaks of. A mode that a ceiling names and that was refused, or
 * a figure that nobody knows, is `unknown`, which no gate lets pass. Growth is judged against `earlier`.
 */
export function judgeBudget(plan: PlanFile, budget: PlanBudget, earlier?: PlanFile): BudgetSection {
  const find = (from: PlanFile | undefined, id: string): AnyMode =>
    from?.modes.find(({ mode }) => mode === id);
  return {
    source: budget.source,
    verdicts: budget.ceilings.flatMap((ceiling) =>
      modesOf(ceiling, plan, earlier).flatMap((mode) =>
        judgeCeiling(ceiling, mode, { now: find(plan, mode), earlier: find(earlier, mode) }),
      ),
    ),
  };
}
