import { type DemandFile, statedFigure, type WrittenFigure } from '../../scenarios/demand.ts';
import { estimateBusiestMinuteRatio } from '../demand/burstiness.ts';
import type { Demand } from '../demand/demand.ts';
import { computeGrowthFactor } from '../demand/volume.ts';
import type { SizingContext } from '../size/context.ts';
import type { LoadLimit } from '../size/limits.ts';
import { factorOf } from './distribution.ts';
import { factorFromAssumption, type InputList, type Term, type UncertainInput } from './inputs.ts';

/** Inputs that what arrives is multiplied by. */
export interface DemandTerms {
  /** Contacts in the busy hour. */
  readonly peak: readonly Term[];
  /** Interactions of a month. */
  readonly volume: readonly Term[];
  /** Turns of an interaction. */
  readonly turns: readonly Term[];
  /** Busiest minute against the busy hour. */
  readonly burst: readonly Term[];
}

/** What a demand file states in its own unit, and what factor it makes of each value. */
interface Stated {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly written: WrittenFigure | undefined;
  /** Rising; the value itself where absent. */
  readonly toFactor?: (value: number) => number;
}

function statedInput(
  { key, label, unit, written, toFactor = (value) => value }: Stated,
  file: DemandFile,
): UncertainInput[] {
  if (written === undefined) return [];
  const { value, low, high, samples, source } = statedFigure(written);
  const central = toFactor(value);
  if (central === 0) return [];
  return [
    {
      key,
      label,
      unit,
      uncertainty: factorOf(central, {
        low: toFactor(low),
        high: toFactor(high),
        ...(samples === undefined ? {} : { samples: samples.map(toFactor) }),
      }),
      central: 1,
      scale: central,
      basis: 'assumed',
      source: `demand ${file.spec.name}: ${source ?? file.spec.source}`,
    },
  ];
}

/** The volume of the file, where it is the one that is planned for. */
function volumeInput(file: DemandFile, demand: Demand): UncertainInput[] {
  const { volume } = file.spec;
  const planned = (name: string): boolean =>
    demand.figures.some((figure) => figure.name === name && figure.source.startsWith('demand '));
  if (volume.kind === 'per-day' && planned('interactionsPerDay')) {
    const written = volume.interactionsPerDay;
    return statedInput(
      { key: 'interactionsPerDay', label: 'interactions per day', unit: 'interactions', written },
      file,
    );
  }
  if (volume.kind === 'busy-hour' && planned('busyHourCallAttempts')) {
    const written = volume.busyHourCallAttempts;
    return statedInput(
      { key: 'busyHourCallAttempts', label: 'attempts in the busy hour', unit: 'attempts', written },
      file,
    );
  }
  return [];
}

function growthInput(file: DemandFile): UncertainInput[] {
  const { growth } = file.spec;
  if (growth === undefined) return [];
  const stated: Stated = {
    key: 'growthFactor',
    label: `growth over ${growth.months} months`,
    unit: 'ratio',
    written: growth.ratioPerYear,
    toFactor: (ratioPerYear) => computeGrowthFactor(ratioPerYear, growth.months),
  };
  return statedInput(stated, file);
}

/** The busiest minute only counts where it is what tiers are sized for. */
function burstInput(file: DemandFile, { burstiness, busyHourTurnsPerS }: Demand): UncertainInput[] {
  if (burstiness.sizingRatio <= 1) return [];
  const stated: Stated = {
    key: 'busiestMinuteToMean',
    label: 'busiest minute against the busy hour',
    unit: 'ratio',
    written: file.spec.burstiness?.indexOfDispersion60S,
    toFactor: (index) => estimateBusiestMinuteRatio(busyHourTurnsPerS, Math.max(1, index)),
  };
  return statedInput(stated, file);
}

/** The busy hour itself was stated or measured: a share of the day says how much comes outside it. */
const peakIsKnown = ({ fromTrace, figures }: Demand): boolean =>
  fromTrace || figures.some(({ name }) => name === 'busyHourCallAttempts');

/**
 * Given a daily volume, the busy hour's share moves the peak. Given a trace or the attempts of the busy hour, the peak
 * stands and the share moves the volume of the day. What a demand file states with a range is drawn beside it.
 */
export function demandTerms(list: InputList, context: SizingContext): DemandTerms {
  const { demand } = context;
  const { file } = demand;
  const known = peakIsKnown(demand);
  const share = list.add(factorFromAssumption(context.assumptions.busyHourShare), known ? -1 : 1);
  if (file === undefined) {
    return { peak: known ? [] : share, volume: known ? share : [], turns: [], burst: [] };
  }
  const grown = [...volumeInput(file, demand), ...growthInput(file)].flatMap((input) => list.add(input));
  const { peakFactor, interaction } = file.spec;
  const fromAttempts = known && !demand.fromTrace;
  const yearly = statedInput(
    { key: 'peakFactor', label: 'busiest day of the year', unit: 'ratio', written: peakFactor },
    file,
  ).flatMap((input) => list.add(input, fromAttempts ? -1 : 1));
  const turns = statedInput(
    {
      key: 'turnsPerInteraction',
      label: 'turns per interaction',
      unit: 'turns',
      written: interaction?.turns,
    },
    file,
  ).flatMap((input) => list.add(input));
  return {
    peak: [...(known ? [] : share), ...grown, ...(fromAttempts ? [] : yearly)],
    volume: [...(known ? share : []), ...grown, ...(fromAttempts ? yearly : [])],
    turns,
    burst: burstInput(file, demand).flatMap((input) => list.add(input)),
  };
}

/** Limits of what passes in a minute; populations and what is stored follow the hour and the month. */
const BY_THE_MINUTE: ReadonlySet<LoadLimit['name']> = new Set(['load', 'kv', 'quota']);

/** Inputs of the demand that the load on a limit is multiplied by. */
export function loadTerms({ peak, volume, turns, burst }: DemandTerms, limit: LoadLimit): Term[] {
  if (limit.fromVolume === true) return [...volume, ...turns];
  return [...peak, ...turns, ...(BY_THE_MINUTE.has(limit.name) ? burst : [])];
}
