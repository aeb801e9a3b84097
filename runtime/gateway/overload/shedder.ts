import type { Clock } from '../../../vocabulary/clock.ts';
import { FAULTS } from '../../../vocabulary/faults.ts';
import type { AdmissionMetrics, ShedCause } from '../../telemetry/admission-metrics.ts';
import type { GatewayMetrics } from '../../telemetry/gateway-metrics.ts';
import type { Admission } from '../admission.ts';
import { errorBodyFrom, errorHeadersFrom } from '../error-body.ts';
import type { OverloadControl } from './overload-control.ts';

const CHAT = '/v1/chat/completions';
const INTERACTIONS = '/v1/interactions';
const TURNS = '/turns';

/** The route of new work; undefined for probes, administration and what ends work that has begun. */
export function newWorkOf(method: string | undefined, url: string): string | undefined {
  if (method !== 'POST') return undefined;
  if (url === CHAT || url === INTERACTIONS) return url;
  return url.startsWith(INTERACTIONS) && url.endsWith(TURNS) ? `${INTERACTIONS}/:id${TURNS}` : undefined;
}

/** A refusal, ready to be sent many times. */
export interface Refusal {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The whole answer as it goes over a connection that is kept. */
  readonly bytes: Buffer;
}

interface ShedderParts {
  readonly admission: Admission;
  readonly overload: OverloadControl;
  readonly shedMetrics: AdmissionMetrics;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
}

/** Says which new work is refused before anything is done for it, and counts what was. */
export class Shedder {
  readonly #parts: ShedderParts;
  #refusal: Refusal | undefined;
  readonly #refused = new Map<string, number>();
  readonly #causes = new Map<ShedCause, number>();

  constructor(parts: ShedderParts) {
    this.#parts = parts;
  }

  /** On the clock of the decisions. */
  nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  /** Whether this piece of new work is refused; it is then counted as such. */
  sheds(route: string): boolean {
    const { admission, overload, clock } = this.#parts;
    const cause = admission.isFull ? 'full' : overload.sheds(clock.nowMs()) ? 'loop' : undefined;
    if (cause === undefined) return false;
    this.#refused.set(route, (this.#refused.get(route) ?? 0) + 1);
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
    return true;
  }

  /** The answer to what is refused now; made anew after each `flush`. */
  get refusal(): Refusal {
    this.#refusal ??= refusalOf(this.#parts.admission);
    return this.#refusal;
  }

  /** Hands on what was counted: one by one it would cost more than the refusals themselves. */
  flush(): void {
    this.#refusal = undefined;
    if (this.#refused.size === 0) return;
    for (const [route, requests] of this.#refused)
      this.#parts.metrics.requestsRefused(route, 'gateway_overloaded', requests);
    for (const [cause, requests] of this.#causes) this.#parts.shedMetrics.shed(cause, requests);
    this.#refused.clear();
    this.#causes.clear();
  }
}

function refusalOf(admission: Admission): Refusal {
  const fault = admission.overloaded();
  const { httpStatus } = FAULTS[fault.code];
  const body = JSON.stringify(errorBodyFrom(fault));
  const headers = {
    ...errorHeadersFrom(fault),
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(`HTTP/1.1 ${httpStatus} Service Unavailable\r\n${fields.join('')}\r\n${body}`);
  return { httpStatus, headers, body, bytes };
}
