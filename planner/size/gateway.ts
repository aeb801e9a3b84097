import type { ModeTier } from '../../scenarios/mode.ts';
import { createDiagnostic, type Diagnostic } from '../../vocabulary/diagnostics.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { percentFromRatio, sFromMs } from '../../vocabulary/units.ts';
import { shownRate } from '../calibrate/capacity.ts';
import { type Planned, planned, refuse } from '../refusal.ts';
import { sourced } from '../sourced.ts';
import { type Batch, estimateMeanRange, type Range } from '../uncertainty/ranges.ts';
import type { ModelledTier, SizingContext } from './context.ts';
import type { LoadLimit } from './limits.ts';
import { computeReplicas, groupsLeft, type TierModel } from './tier.ts';

type GatewaySizing = Extract<ModeTier['sizing'], { kind: 'gateway-cpu' }>;

/** CPU seconds of the gateway's process per completed turn, over the steps that sampled it. */
export interface GatewayCost {
  readonly cpuSPerTurn: number;
  readonly maxTurnsPerS: number;
  readonly runId: string;
  /** Relative interval of the cost, from the differences between steps. */
  readonly range: Range;
}

const isGateway = (process: string): boolean => /gateway/i.test(process);

/** Undefined when no step sampled a process that is called gateway, or none burnt CPU. */
export function measuredGatewayCost(results: readonly ResultFile[]): GatewayCost | undefined {
  const batches: Batch[] = [];
  let maxTurnsPerS = 0;
  let runId: string | undefined;
  for (const result of results) {
    for (const step of result.steps) {
      const gateway = step.server?.resources.filter(({ process }) => isGateway(process)) ?? [];
      if (gateway.length === 0 || step.counts.completed === 0) continue;
      const cores = gateway.reduce((sum, { cpuCores }) => sum + cpuCores, 0);
      batches.push({ total: cores * sFromMs(step.windowMs), count: step.counts.completed });
      maxTurnsPerS = Math.max(maxTurnsPerS, step.counts.completed / sFromMs(step.windowMs));
      runId = result.runId;
    }
  }
  const cpuS = batches.reduce((sum, { total }) => sum + total, 0);
  const turns = batches.reduce((sum, { count }) => sum + count, 0);
  return runId === undefined || turns === 0 || cpuS === 0
    ? undefined
    : { cpuSPerTurn: cpuS / turns, maxTurnsPerS, runId, range: estimateMeanRange(batches) };
}

/** Under the workload that is planned for, where its run sampled the gateway; else over all runs that did. */
function selectCost(sizing: GatewaySizing, context: SizingContext): GatewayCost | undefined {
  const wanted = context.measurements.filter(
    ({ result }) =>
      sizing.measuredEngine === 'gateway-only' || result.target.engine === sizing.measuredEngine,
  );
  const reference = wanted.find((measurement) => measurement === context.reference);
  return (
    measuredGatewayCost(reference?.results ?? []) ??
    measuredGatewayCost(wanted.flatMap(({ results }) => results))
  );
}

function limitsOf(sizing: GatewaySizing, cost: GatewayCost, context: SizingContext): LoadLimit[] {
  const perReplica = (sizing.coresUsable * sizing.maxUtilisation) / cost.cpuSPerTurn;
  const { sizingTurnsPerS, openInteractions } = context.demand;
  const load: LoadLimit = {
    name: 'load',
    demand: sizingTurnsPerS,
    perReplica,
    explanation: `${shownRate(sizingTurnsPerS)} turns/s ÷ ${shownRate(perReplica)} turns/s per process at ${shownRate(percentFromRatio(sizing.maxUtilisation))} % of ${sizing.coresUsable} core`,
    measuredAs: 'gatewayCpu',
  };
  if (sizing.maxOpenInteractions === undefined) return [load];
  const held = sizing.maxOpenInteractions * sizing.maxUtilisation;
  return [
    load,
    {
      name: 'concurrency',
      demand: openInteractions,
      perReplica: held,
      explanation: `${shownRate(openInteractions)} open interactions ÷ ${shownRate(held)} per process`,
      measuredAs: 'none',
    },
  ];
}

/** What is taken beyond the rates at which the CPU per turn was measured; a warning where the plan itself runs there. */
function diagnosticsOf(model: TierModel, cost: GatewayCost): Diagnostic[] {
  const [load] = model.limits;
  if (load === undefined || load.perReplica <= cost.maxTurnsPerS) return [];
  const { replicas } = computeReplicas(model);
  const isBeyond = load.demand / groupsLeft(model, replicas) > cost.maxTurnsPerS;
  const message = `gateway CPU per turn measured up to ${shownRate(cost.maxTurnsPerS)} turns/s and taken as constant up to ${shownRate(load.perReplica)} turns/s per process, until a bench drives one that far; a vCPU is taken to be as fast as a core of the measuring machine`;
  return [createDiagnostic(isBeyond ? 'OUTSIDE_MEASURED_RANGE' : 'ASSUMED_INPUT', message, model.tier.id)];
}

/**
 * Gateway processes by the utilisation law U = X·D (Denning & Buzen 1978) with the CPU demand D per turn measured.
 * The law is linear in the rate; that it holds above the measured rate is an assumption and is shown as one.
 */
export function modelGateway(
  tier: ModeTier,
  sizing: GatewaySizing,
  context: SizingContext,
): Planned<ModelledTier> {
  const cost = selectCost(sizing, context);
  if (cost === undefined) {
    return refuse(
      `tier ${tier.id}: no result sampled the CPU of a gateway process`,
      "bench through the gateway with its /metrics reachable, so that the result's server.resources has a process named gateway",
    );
  }
  const model: TierModel = {
    tier,
    unit: tier.unit.name,
    limits: limitsOf(sizing, cost, context),
    minReplicas: tier.minReplicas,
    capacity: [
      sourced('gatewayCpuSPerTurn', cost.cpuSPerTurn, 'CPU s per turn', {
        basis: 'measured',
        source: `server.resources of run ${cost.runId}`,
      }),
      sourced('maxUtilisation', sizing.maxUtilisation, 'ratio', {
        basis: 'assumed',
        source: 'set by the mode',
      }),
    ],
    headroomRatio: 0,
  };
  return planned({ model, gatewayCpuRange: cost.range, diagnostics: diagnosticsOf(model, cost) });
}
