import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { sFromMs } from '../../vocabulary/units.ts';

/** Why work was refused for overload: a place did not come free in time, or the event loop was too late. */
export const SHED_CAUSES = ['full', 'loop'] as const;
export type ShedCause = (typeof SHED_CAUSES)[number];

export interface AdmissionReading {
  readonly waiting: number;
  readonly admittedRatio: number;
}

/** 1 ms to 10 s in the 1-2-5 series, in seconds. */
const BUCKETS_S = [-3, -2, -1, 0].flatMap((decade) => [1, 2, 5].map((step) => step * 10 ** decade));

/** How the gateway keeps what it cannot do away from what it does. */
export class AdmissionMetrics {
  readonly #shed: Counter<'cause'>;
  readonly #wait: Histogram;

  constructor(registry: Registry, read: () => AdmissionReading) {
    const registers = [registry];
    this.#shed = new Counter({
      name: 'busyhour_admission_shed_total',
      help: 'New work refused for overload',
      labelNames: ['cause'],
      registers,
    });
    this.#wait = new Histogram({
      name: 'busyhour_admission_wait_seconds',
      help: 'Wait of work that found the gateway full, whether or not it got a place',
      buckets: BUCKETS_S,
      registers,
    });
    const gauge = (name: string, help: string, value: (reading: AdmissionReading) => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value(read()));
        },
      });
    };
    gauge('busyhour_admission_waiting_requests', 'Work that waits for a place', ({ waiting }) => waiting);
    gauge(
      'busyhour_admission_admitted_ratio',
      'Share of new work let in',
      ({ admittedRatio }) => admittedRatio,
    );
  }

  shed(cause: ShedCause, requests: number): void {
    this.#shed.inc({ cause }, requests);
  }

  waited(ms: number): void {
    this.#wait.observe(sFromMs(ms));
  }
}
