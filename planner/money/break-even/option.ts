import type { Basis } from '../../../vocabulary/plan-file.ts';

/** What an option costs at a volume, or why it cannot carry it. */
export type PricedAt =
  | { readonly kind: 'priced'; readonly usdPerMonth: number; readonly units?: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** One of the ways to carry the demand, priced at any volume. Once refused it is refused at every larger volume. */
export interface CostOption {
  readonly id: string;
  readonly title: string;
  readonly basis: Basis;
  readonly source: string;
  readonly date?: string | undefined;
  /** Catalogue entries that its price is read from. */
  readonly entryIds: readonly string[];
  readonly priceAt: (interactionsPerDay: number) => PricedAt;
}

/** The option with what it was asked before, since crossings are looked for by asking again and again. */
export function remembering(option: CostOption): CostOption {
  const known = new Map<number, PricedAt>();
  const priceAt = (interactionsPerDay: number): PricedAt => {
    const before = known.get(interactionsPerDay);
    if (before !== undefined) return before;
    const priced = option.priceAt(interactionsPerDay);
    known.set(interactionsPerDay, priced);
    return priced;
  };
  return { ...option, priceAt };
}
