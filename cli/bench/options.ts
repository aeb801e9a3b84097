import type { LoadAxis } from '../../scenarios/load.ts';
import type { Slo } from '../../vocabulary/slo.ts';

/** What every command that measures takes. */
export interface TargetFlags {
  readonly url: readonly string[];
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly metrics?: readonly string[];
  readonly watch?: readonly string[];
  readonly slo?: readonly Slo[];
  readonly maxInFlight?: number;
  readonly generatorThreads?: number;
  readonly out: string;
  readonly seed?: number;
  readonly json?: boolean;
  /** Lines instead of a block that is redrawn. */
  readonly plain?: boolean;
}

/** The work in short. */
export interface WorkFlags {
  readonly warmUpS?: number;
  readonly durationS?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

export interface BenchOptions extends TargetFlags, WorkFlags {
  /** The scenario, by name or file. */
  readonly args: readonly string[];
  readonly engine: 'native' | 'autocannon';
  readonly rate?: number;
  readonly concurrency?: number;
  readonly replications?: number;
  readonly confidence?: number;
  readonly schedule?: string;
  readonly trace?: string;
  readonly speedUp?: number;
  readonly maxRequests?: number;
  readonly keepRatio?: number;
  readonly servegenModel?: string;
  readonly servegenFromS?: number;
  readonly servegenForS?: number;
  readonly bUrl?: string;
  readonly bModel?: string;
  readonly bScenario?: string;
  readonly blocks?: number;
  readonly shard?: string;
  readonly startAt?: string;
  readonly pid?: readonly string[];
  readonly faultProxy?: readonly string[];
  readonly allowCommands?: boolean;
}

export interface CurveOptions extends TargetFlags, WorkFlags {
  readonly args: readonly string[];
  readonly over: LoadAxis;
  readonly from?: number;
  readonly to?: number;
  readonly points?: number;
}

export interface SweepOptions extends CurveOptions {
  readonly values?: string;
  readonly stopAfterMisses?: number;
  readonly replications?: number;
}
