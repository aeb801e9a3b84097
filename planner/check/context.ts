import type { Catalogue } from '../../scenarios/catalogue.ts';
import type { Claims } from '../../scenarios/claims.ts';
import type { Rule as AnyRule } from './finding.ts';
import { over, type Quantity, stated, sum, times } from './quantity.ts';

type Maybe = Quantity | undefined;
export type CallKind = Claims['calls'][number];
export type Tier = Claims['tiers'][number];
export type Carried = Tier['perInstance'][number];
export type Model = Claims['models'][number];

/** What every rule reads: the claims, prices and limits to fall back on, and figures that several rules derive. */
export interface CheckContext {
  readonly claims: Claims;
  readonly catalogue: Catalogue;
  readonly callsPerTurn: Maybe;
  /** turns × calls per turn, else what is stated. */
  readonly callsPerInteraction: Maybe;
  /** Summed over the kinds of call, else what is stated. */
  readonly inputTokens: Maybe;
  readonly outputTokens: Maybe;
}

export type Rule = AnyRule<CheckContext>;

/** Calls of one kind in an interaction: stated, else its calls per turn × turns. */
export const callsOfKind = (kind: CallKind, { interaction }: Claims): Maybe =>
  stated(kind.callsPerInteraction) ?? times(stated(kind.callsPerTurn), stated(interaction.turns));

/** Calls of one kind in a turn: stated, else its calls per interaction ÷ turns. */
export const callsOfKindPerTurn = (kind: CallKind, { interaction }: Claims): Maybe =>
  stated(kind.callsPerTurn) ?? over(stated(kind.callsPerInteraction), stated(interaction.turns));

/** Tokens of one kind in an interaction: calls × tokens per call, else what is stated. */
export function tokensOfKind(kind: CallKind, claims: Claims, direction: 'input' | 'output'): Maybe {
  const [perCall, total] =
    direction === 'input'
      ? [kind.inputTokensPerCall, kind.inputTokensPerInteraction]
      : [kind.outputTokensPerCall, kind.outputTokensPerInteraction];
  return times(callsOfKind(kind, claims), stated(perCall)) ?? stated(total);
}

const sumOfAll = (parts: readonly Maybe[]): Maybe => (parts.length === 0 ? undefined : sum(parts));

function tokens(claims: Claims, direction: 'input' | 'output'): Maybe {
  const { interaction, calls } = claims;
  const [total, perTurn] =
    direction === 'input'
      ? [interaction.inputTokensPerInteraction, interaction.inputTokensPerTurn]
      : [interaction.outputTokensPerInteraction, interaction.outputTokensPerTurn];
  return (
    sumOfAll(calls.map((kind) => tokensOfKind(kind, claims, direction))) ??
    stated(total) ??
    times(stated(perTurn), stated(interaction.turns))
  );
}

/** Derives once what several rules need. */
export function createCheckContext(claims: Claims, catalogue: Catalogue): CheckContext {
  const { interaction, calls } = claims;
  const callsPerTurn =
    stated(interaction.callsPerTurn) ?? sumOfAll(calls.map((kind) => callsOfKindPerTurn(kind, claims)));
  return {
    claims,
    catalogue,
    callsPerTurn,
    callsPerInteraction:
      times(stated(interaction.turns), callsPerTurn) ?? stated(interaction.callsPerInteraction),
    inputTokens: tokens(claims, 'input'),
    outputTokens: tokens(claims, 'output'),
  };
}
