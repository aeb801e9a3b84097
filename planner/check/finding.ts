import type { Figure } from '../../scenarios/claims.ts';
import {
  agrees,
  agreesAsShare,
  type Claim,
  claimsOf,
  type Ends,
  type Place,
  type Quantity,
} from './quantity.ts';
import { showClaim, showRange, slipBehind, type Unit } from './text.ts';

/**
 * `contradiction`: figures of the document that cannot all be true. `doubt`: figures that can, but only just or by
 * luck. `omission`: a figure that the document needs and does not give.
 */
export type Severity = 'contradiction' | 'doubt' | 'omission';

/** One thing that is wrong, as a rule says it. */
export interface Draft extends Place {
  readonly severity: Severity;
  /** Other places that it rests on. */
  readonly against: readonly Place[];
  /** What the document says; absent for an omission. */
  readonly claimed?: Ends | undefined;
  /** What follows from the rest of the document. */
  readonly corrected?: Ends | undefined;
  readonly unit: Unit;
  readonly sentence: string;
}

export interface Finding extends Draft {
  readonly rule: string;
}

/** A general law and what it says about a document. */
export interface Rule<Context> {
  readonly id: string;
  /** The law in one line. */
  readonly title: string;
  readonly check: (context: Context) => readonly Draft[];
}

export interface Said {
  readonly claimed: string;
  readonly right: string;
}

interface Holding {
  readonly unit: Unit;
  readonly say: (said: Said) => string;
  readonly severity?: Severity;
}

const endsOf = ({ low, high }: Ends): Ends => ({ low, high });

/** Places without repeats, the claim's own left out. */
export function othersThan(own: Place, places: readonly Place[]): Place[] {
  const keyOf = ({ path, line }: Place): string => `${path}:${line ?? ''}`;
  const seen = new Set([keyOf(own)]);
  return places.flatMap(({ path, line }) => {
    const key = keyOf({ path, line });
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ path, line }];
  });
}

/** A claim that is wrong, with what it should say. */
export function wrong(claim: Claim, expected: Quantity, { unit, say, severity }: Holding): Draft {
  const slip = claim.low === claim.high ? slipBehind(claim.low, expected.low, unit) : undefined;
  const said = say({ claimed: showClaim(claim, unit), right: showRange(expected, unit) });
  return {
    path: claim.path,
    line: claim.line,
    severity: severity ?? 'contradiction',
    against: othersThan(claim, expected.from),
    claimed: endsOf(claim),
    corrected: endsOf(expected),
    unit,
    sentence: slip === undefined ? `${said}.` : `${said}; the ratio is that of ${slip}.`,
  };
}

/** Holds every statement of a figure against what follows from others; silent where either is missing. */
export function hold(figure: Figure | undefined, expected: Quantity | undefined, holding: Holding): Draft[] {
  if (expected === undefined) return [];
  const fits = holding.unit === 'ratio' ? agreesAsShare : agrees;
  return claimsOf(figure)
    .filter((claim) => !fits(claim, expected))
    .map((claim) => wrong(claim, expected, holding));
}

interface Missing {
  readonly place: Place;
  readonly needed?: Quantity | undefined;
  readonly unit: Unit;
  readonly sentence: string;
}

/** A figure that should be there. */
export const missing = ({ place, needed, unit, sentence }: Missing): Draft => ({
  path: place.path,
  line: place.line,
  severity: 'omission',
  against: othersThan(place, needed?.from ?? []),
  corrected: needed === undefined ? undefined : endsOf(needed),
  unit,
  sentence: `${sentence}.`,
});

interface Broken {
  readonly place: Place;
  readonly against: readonly Place[];
  readonly severity?: Severity;
  readonly claimed?: Ends | undefined;
  readonly corrected?: Ends | undefined;
  readonly unit?: Unit;
  readonly sentence: string;
}

/** A law broken by places that are not one figure against another. */
export const broken = ({ place, against, severity, claimed, corrected, unit, sentence }: Broken): Draft => ({
  path: place.path,
  line: place.line,
  severity: severity ?? 'contradiction',
  against: othersThan(place, against),
  claimed: claimed === undefined ? undefined : endsOf(claimed),
  corrected: corrected === undefined ? undefined : endsOf(corrected),
  unit: unit ?? '',
  sentence: `${sentence}.`,
});
