import type { Clock } from '../../../vocabulary/clock.ts';
import type { GatewayConfig } from '../../config.ts';
import { AdmissionMetrics } from '../../telemetry/admission-metrics.ts';
import type { GatewayMetrics } from '../../telemetry/gateway-metrics.ts';
import { Admission } from '../admission.ts';
import { OverloadControl } from './overload-control.ts';
import { Shedder } from './shedder.ts';

/** What stands between arriving work and the handlers. */
export interface Gate {
  readonly admission: Admission;
  readonly shedder: Shedder;
  /** Stops looking at the event loop. */
  close(): void;
}

/** The gate of a configuration, watching the event loop from now on. */
export function createGate(
  { maxInFlight, overload: limits }: Pick<GatewayConfig, 'maxInFlight' | 'overload'>,
  { clock, metrics }: { readonly clock: Clock; readonly metrics: GatewayMetrics },
): Gate {
  const overload = new OverloadControl(limits.loopDelayTargetMs, clock.nowMs());
  const shedMetrics = new AdmissionMetrics(metrics.registry, () => ({
    waiting: admission.waiting,
    admittedRatio: overload.admittedRatio,
  }));
  const admission = new Admission({
    maxInFlight,
    maxWaiting: limits.maxWaiting,
    maxWaitMs: limits.maxWaitMs,
    onChange: (inFlight) => metrics.inFlightChanged(inFlight),
    onFull: () => shedMetrics.shed('full', 1),
    onWaited: (waitedMs) => shedMetrics.waited(waitedMs),
  });
  const shedder = new Shedder({ admission, overload, shedMetrics, metrics, clock });
  const stop = overload.watch(() => shedder.flush(), clock);
  return {
    admission,
    shedder,
    close: () => {
      stop();
      shedder.flush();
    },
  };
}
