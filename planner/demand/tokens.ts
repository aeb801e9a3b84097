import { type DemandFile, type InteractionShape, statedFigure } from '../../scenarios/demand.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { Basis } from '../../vocabulary/plan-file.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { computeInteractionTokens } from '../money/interaction-tokens.ts';

/** Mean tokens of one turn as measured. `cachedInput` is part of `input`. */
export interface TokensPerTurn {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
}

/** The same with what it rests on, and a doubt where a demand file says something else. */
export interface PlannedTokens extends TokensPerTurn {
  readonly basis: Basis;
  readonly diagnostics: readonly Diagnostic[];
}

interface Totals {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly completed: number;
  readonly withUsage: number;
}

const totalsOf = ({ steps }: ResultFile): Totals => ({
  input: steps.reduce((sum, { tokens }) => sum + tokens.input, 0),
  cachedInput: steps.reduce((sum, { tokens }) => sum + tokens.cachedInput, 0),
  output: steps.reduce((sum, { tokens }) => sum + tokens.output, 0),
  completed: steps.reduce((sum, { counts }) => sum + counts.completed, 0),
  withUsage: steps.reduce((sum, { tokens }) => sum + tokens.requestsWithUsage, 0),
});

/**
 * Tokens per turn. A trace counts those of every request that was really served, so its means go before those of the
 * part that was replayed; the share served from a prefix cache is the replay's. Without a trace: the server's usage over
 * every completed request. Undefined when neither is there.
 */
export function measuredTokensPerTurn(result: ResultFile): TokensPerTurn | undefined {
  const totals = totalsOf(result);
  const { trace } = result;
  if (trace !== undefined && trace.meanInputTokens > 0) {
    const cachedRatio = totals.input === 0 ? 0 : Math.min(1, totals.cachedInput / totals.input);
    return {
      input: trace.meanInputTokens,
      cachedInput: trace.meanInputTokens * cachedRatio,
      output: trace.meanOutputTokens,
      source: `token counts of all ${trace.requests} requests of ${trace.source}`,
    };
  }
  if (totals.completed === 0 || totals.withUsage === 0 || totals.input === 0) return undefined;
  return {
    input: totals.input / totals.withUsage,
    cachedInput: Math.min(totals.cachedInput, totals.input) / totals.withUsage,
    output: totals.output / totals.completed,
    source: `usage of ${totals.withUsage} requests in run ${result.runId}`,
  };
}

const stated = (written: Parameters<typeof statedFigure>[0] | undefined, absent: number): number =>
  written === undefined ? absent : statedFigure(written).value;

/**
 * Mean tokens of a turn by its parts, every call of the turn sending as much. Undefined where the file gives no parts.
 */
function statedTokens(file: DemandFile, turns: number): TokensPerTurn | undefined {
  const { interaction, name, source } = file.spec;
  if (interaction?.messageTokens === undefined || interaction.answerTokens === undefined) return undefined;
  const cachedInputRatio = stated(interaction.cachedInputRatio, 0);
  const sum = computeInteractionTokens(
    {
      turns,
      systemTokens: stated(interaction.systemTokens, 0),
      messageTokens: stated(interaction.messageTokens, 0),
      answerTokens: stated(interaction.answerTokens, 0),
      history: interaction.history,
    },
    { kind: 'share', cachedInputRatio },
  );
  const perTurn = (callsPerTurn(interaction) ?? 1) / turns;
  return {
    input: sum.input * perTurn,
    cachedInput: sum.cachedInput * perTurn,
    output: sum.output * perTurn,
    source: `tokens of system, message and answer of demand ${name} over ${turns} turns: ${source}`,
  };
}

/** Calls of a model per turn as the file states them. */
export const callsPerTurn = (interaction: InteractionShape | undefined): number | undefined =>
  interaction?.callsPerTurn === undefined ? undefined : statedFigure(interaction.callsPerTurn).value;

/** Further apart than this, a plan says so. */
const AGREEMENT_RATIO = 0.1;

function disagreement(stated: TokensPerTurn | undefined, measured: TokensPerTurn): Diagnostic[] {
  if (stated === undefined) return [];
  const apart = (['input', 'output'] as const).filter(
    (key) => Math.abs(stated[key] - measured[key]) > AGREEMENT_RATIO * measured[key],
  );
  if (apart.length === 0) return [];
  const figures = apart.map((key) => `${key} ${stated[key].toFixed(0)} against ${measured[key].toFixed(0)}`);
  const message = `tokens per turn of the demand file differ from those measured (${figures.join(', ')}); the measured ones are planned with, since the capacity was measured at them: bench the shape that the file describes`;
  return [createDiagnostic('ASSUMED_INPUT', message, 'demand')];
}

/**
 * What a turn carries: as measured, since the capacity was measured with it; where a result counts no tokens, as the
 * demand file states it. Undefined where neither does.
 */
export function plannedTokensPerTurn(
  reference: ResultFile,
  file: DemandFile | undefined,
  turns: number,
): PlannedTokens | undefined {
  const measured = measuredTokensPerTurn(reference);
  const fromFile = file && statedTokens(file, turns);
  if (measured === undefined) return fromFile && { ...fromFile, basis: 'assumed', diagnostics: [] };
  const simulated = reference.trace === undefined && reference.target.simulated;
  return {
    ...measured,
    basis: simulated ? 'simulated' : 'measured',
    diagnostics: disagreement(fromFile, measured),
  };
}
