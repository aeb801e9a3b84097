/** Why something cannot be planned, and the measurement or setting that would change that. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
  readonly liftedBy: string;
}

/** A planned part, or its refusal. */
export type Planned<T> = { readonly kind: 'planned'; readonly value: T } | Refusal;

export const planned = <T>(value: T): Planned<T> => ({ kind: 'planned', value });

export const refuse = (reason: string, liftedBy: string): Refusal => ({ kind: 'refused', reason, liftedBy });
