import type { Clock } from '../../vocabulary/clock.ts';
import type { GatewayConfig } from '../config.ts';
import type { DialogService } from '../dialog/dialog-service.ts';
import type { ProviderChain } from '../llm/chain.ts';
import type { DependencyStates } from '../operations/dependency-states.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { Telemetry } from '../telemetry/create-telemetry.ts';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tenancy } from '../tenants/create-tenancy.ts';
import type { Admission } from './admission.ts';
import type { Authenticate } from './auth.ts';
import type { Gate } from './overload/create-gate.ts';
import type { ProviderStates } from './provider-states.ts';
import type { EventLog } from './socket/event-log.ts';

/** The other processes behind the same port, told of what an administrator asks of this one. */
export interface Peers {
  refuseWork(): void;
  activateScript(version: string): void;
  /** How many of them hold a share of the port and do not answer; absent where there are none. */
  silentWorkers?(): number;
}

/** Everything that routes need, made once per gateway. */
export interface GatewayContext {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  readonly telemetry: Telemetry;
  readonly admission: Admission;
  readonly gate: Gate;
  readonly authenticate: Authenticate;
  readonly tenancy: Tenancy;
  readonly history: HistoryStore;
  readonly chain: ProviderChain;
  readonly states: ProviderStates;
  /** Stores outside this process. */
  readonly dependencies: DependencyStates;
  readonly dialog: DialogService;
  /** Recent events of interactions, for sockets that come back. */
  readonly eventLog: EventLog;
  readonly peers: Peers;
  /** The text of /metrics. */
  readonly scrape: () => Promise<string>;
  /** Prefix of completion ids, different in every process. */
  readonly newId: () => string;
}
