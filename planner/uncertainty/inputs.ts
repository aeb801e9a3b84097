import { type CatalogueFigure, findFigure } from '../../scenarios/catalogue.ts';
import { statedFigure } from '../../scenarios/demand.ts';
import type { Basis } from '../../vocabulary/plan-file.ts';
import type { Uncertain } from '../demand/assumptions.ts';
import type { SizingContext } from '../size/context.ts';
import { basisOfFigure } from '../sourced.ts';
import { factorOf, isCertain, type Uncertainty } from './distribution.ts';
import { labelOf } from './input-labels.ts';
import type { InputFactor } from './ranges.ts';

/** An input that is drawn. What is drawn times `scale` is the figure in `unit`. */
export interface UncertainInput {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly uncertainty: Uncertainty;
  /** What is drawn in the plan itself: 1 for factors. */
  readonly central: number;
  readonly scale: number;
  readonly basis: Basis;
  readonly source: string;
}

/** An input as a power of which something is multiplied. */
export interface Term {
  readonly index: number;
  readonly power: 1 | -1;
}

/** A figure that is drawn in its own unit; without an index it always has its central value. */
export interface DrawnFigure {
  readonly index: number | undefined;
  readonly central: number;
}

/** Inputs of a mode, each once however much it moves. */
export interface InputList {
  readonly inputs: readonly UncertainInput[];
  /** Terms that multiply by the input; none when it is certain. */
  add(input: UncertainInput, power?: 1 | -1): Term[];
}

export function createInputList(): InputList {
  const inputs: UncertainInput[] = [];
  return {
    inputs,
    add: (input, power = 1) => {
      if (isCertain(input.uncertainty)) return [];
      const known = inputs.findIndex(({ key }) => key === input.key);
      if (known >= 0) return [{ index: known, power }];
      inputs.push(input);
      return [{ index: inputs.length - 1, power }];
    },
  };
}

/** An input whose own values are drawn. */
export const inputFromAssumption = ({ value, low, high, figure, samples }: Uncertain): UncertainInput => ({
  key: figure.name,
  label: labelOf(figure.name),
  unit: figure.unit,
  uncertainty:
    samples === undefined
      ? { kind: 'triangular', range: { low, value, high } }
      : { kind: 'empirical', samples },
  central: value,
  scale: 1,
  basis: figure.basis,
  source: figure.source,
});

/** The same as a factor around 1. */
export const factorFromAssumption = (assumption: Uncertain): UncertainInput => ({
  ...inputFromAssumption(assumption),
  uncertainty: factorOf(assumption.value, assumption),
  central: 1,
  scale: assumption.value,
});

interface Described {
  readonly scale: number;
  readonly unit: string;
  readonly basis: Basis;
  readonly source: string;
}

const RATIO_UNIT = "ratio to the plan's";

const describedFigure = (figure: CatalogueFigure): Described => ({
  scale: figure.value,
  unit: figure.unit,
  basis: basisOfFigure(figure),
  source: `${figure.id}: ${figure.source}`,
});

const assumptionOf = (key: string, { assumptions }: SizingContext): Uncertain | undefined =>
  Object.values(assumptions).find(
    (one: unknown): one is Uncertain =>
      typeof one === 'object' && one !== null && 'figure' in one && (one as Uncertain).figure.name === key,
  );

const VOICE = { 'voice/minutesPerInteraction': 'minutes', 'voice/spokenRatio': 'ratio' } as const;

/** A figure that a demand file states of speech. */
function voiceFigure(key: string, { demand: { file } }: SizingContext): Described | undefined {
  const field = (['minutesPerInteraction', 'spokenRatio'] as const).find((name) => key === `voice/${name}`);
  const voice = file?.spec.voice;
  if (field === undefined || voice === undefined) return undefined;
  const { value, source } = statedFigure(voice[field]);
  const where = `demand ${file?.spec.name}: ${source ?? file?.spec.source}`;
  return { scale: value, unit: VOICE[`voice/${field}`], basis: 'assumed', source: where };
}

/** What a factor is in its own unit, where its key names an assumption or a figure of the catalogue. */
function describeFactor(key: string, context: SizingContext): Described {
  const assumption = assumptionOf(key, context);
  if (assumption !== undefined) return { ...assumption.figure, scale: assumption.value };
  const split = key.lastIndexOf('/');
  const figure =
    split < 0 ? undefined : findFigure(context.catalogue, key.slice(0, split), key.slice(split + 1));
  if (figure?.kind === 'ok') return describedFigure(figure.value);
  const entry = context.catalogue.entries.get(key)?.entry;
  if (entry !== undefined) {
    return { scale: 1, unit: RATIO_UNIT, basis: 'catalogue', source: `${key}: ${entry.source}` };
  }
  const { retry } = context.assumptions;
  const spoken = voiceFigure(key, context);
  if (spoken !== undefined) return spoken;
  if (key === 'retries') return { ...retry.figure, scale: 1 + retry.value, unit: 'calls per call' };
  return MEASURED[key] ?? { scale: 1, unit: RATIO_UNIT, basis: 'catalogue', source: key };
}

const MEASURED: Readonly<Record<string, Described>> = {
  'tokens-per-turn': {
    scale: 1,
    unit: RATIO_UNIT,
    basis: 'measured',
    source: 'standard error between the steps of the run (Cochran 1977, §6.3)',
  },
};

/** An input that multiplies cost lines or loads around 1. */
export function inputFromFactor({ key, range }: InputFactor, context: SizingContext): UncertainInput {
  const assumption = assumptionOf(key, context);
  const { scale, unit, basis, source } = describeFactor(key, context);
  return {
    key,
    label: labelOf(key),
    unit,
    uncertainty:
      assumption?.samples === undefined
        ? { kind: 'triangular', range }
        : factorOf(assumption.value, assumption),
    central: 1,
    scale,
    basis,
    source,
  };
}
