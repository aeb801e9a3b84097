import type { Catalogue, CatalogueFigure } from '../../scenarios/catalogue.ts';
import { findFigure } from '../../scenarios/catalogue.ts';
import type { DeploymentMode } from '../../scenarios/mode.ts';
import type { Diagnostic } from '../../vocabulary/diagnostics.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { Measurement } from '../calibrate/measurements.ts';
import type { Assumptions } from '../demand/assumptions.ts';
import type { Demand } from '../demand/demand.ts';
import type { Range } from '../uncertainty/ranges.ts';
import type { TierModel } from './tier.ts';

/** What sizing a mode may read. Measurements are calibrated at the mode's own objectives. */
export interface SizingContext {
  readonly mode: DeploymentMode;
  readonly demand: Demand;
  readonly assumptions: Assumptions;
  readonly catalogue: Catalogue;
  readonly measurements: readonly Measurement[];
  /** The measurement whose workload is planned for. */
  readonly reference: Measurement;
}

/** The mode with as many calls of a model per turn as the demand states; its own where it states none. */
export function withStatedCalls(context: SizingContext): SizingContext {
  const { llmCallsPerTurn } = context.demand;
  if (llmCallsPerTurn === undefined) return context;
  const tiers = context.mode.tiers.map((tier) =>
    tier.sizing.kind === 'vendor' ? { ...tier, sizing: { ...tier.sizing, llmCallsPerTurn } } : tier,
  );
  return { ...context, mode: { ...context.mode, tiers } };
}

/** A sized model with what a reader must know of it. */
export interface ModelledTier {
  readonly model: TierModel;
  readonly diagnostics: readonly Diagnostic[];
  /** The measurement that it is sized from, with how many measured replicas one unit holds. */
  readonly measurement?: Measurement;
  readonly measuredReplicasPerUnit?: number;
  /** Relative interval of the gateway CPU per turn that it is sized from. */
  readonly gatewayCpuRange?: Range;
}

/** A figure that an entry may leave out, or that no file has; undefined then. */
export function optionalFigure(catalogue: Catalogue, id: string, field: string): CatalogueFigure | undefined {
  const found = findFigure(catalogue, id, field);
  return found.kind === 'ok' ? found.value : undefined;
}

/** A figure that the mode's validation has proven to exist. */
export const figureOf = (context: SizingContext, id: string, field: string): CatalogueFigure =>
  unwrap(findFigure(context.catalogue, id, field));
