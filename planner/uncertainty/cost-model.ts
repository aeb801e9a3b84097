import type { DrivenLine, LineDriver } from '../money/cost-line.ts';
import type { DrawnFigure, Term } from './inputs.ts';

/** Cost lines that move together: only their size differs. */
export interface LineGroup {
  readonly driver: LineDriver;
  /** −1 for lines of no tier. */
  readonly tierIndex: number;
  readonly terms: readonly Term[];
  readonly usdPerMonth: number;
}

export interface CostModel {
  readonly groups: readonly LineGroup[];
  /** By cost line: its group. */
  readonly groupOfLine: readonly number[];
  /** By tier: replicas of the plan, and the most that the mode can have. */
  readonly plannedReplicas: readonly number[];
  readonly maxReplicas: readonly (number | undefined)[];
  /** Inputs that the interactions of a month are multiplied by. */
  readonly volumeTerms: readonly Term[];
  readonly interactionsPerMonth: number;
  readonly escalation: DrawnFigure;
  readonly humanUsd: DrawnFigure;
  readonly repeat: DrawnFigure;
}

const signatureOf = ({ driver, tierIndex, terms }: LineGroup): string =>
  JSON.stringify([driver, tierIndex, terms.map(({ index, power }) => [index, power])]);

/** Lines with the same driver, tier and inputs as one, so that each product of inputs is worked out once. */
export function groupLines(
  lines: readonly DrivenLine[],
  tierIndexOf: (tier: string | undefined) => number,
  termsOf: (line: DrivenLine) => readonly Term[],
): Pick<CostModel, 'groups' | 'groupOfLine'> {
  const places = new Map<string, number>();
  const groups: LineGroup[] = [];
  const groupOfLine = lines.map((line) => {
    const single: LineGroup = {
      driver: line.driver,
      tierIndex: tierIndexOf(line.tier),
      terms: termsOf(line),
      usdPerMonth: line.line.usdPerMonth,
    };
    const signature = signatureOf(single);
    const place = places.get(signature) ?? groups.length;
    places.set(signature, place);
    groups[place] = { ...single, usdPerMonth: single.usdPerMonth + (groups[place]?.usdPerMonth ?? 0) };
    return place;
  });
  return { groups, groupOfLine };
}
