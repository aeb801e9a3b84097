import { Counter, Gauge, type Registry } from 'prom-client';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { ResumeResult, SocketEnd, SocketObserver } from '../gateway/socket/socket-observer.ts';

/** WebSockets of interactions. */
export class SocketMetrics implements SocketObserver {
  readonly #open: Gauge;
  readonly #ends: Counter<'reason'>;
  readonly #refusals: Counter<'reason'>;
  readonly #resumes: Counter<'result'>;
  readonly #abandoned: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#open = new Gauge({ name: 'busyhour_sockets', help: 'WebSockets open', registers });
    this.#ends = new Counter({
      name: 'busyhour_sockets_ended_total',
      help: 'WebSockets ended, by who or what ended them',
      labelNames: ['reason'],
      registers,
    });
    this.#refusals = new Counter({
      name: 'busyhour_socket_refusals_total',
      help: 'Upgrades to WebSocket refused',
      labelNames: ['reason'],
      registers,
    });
    this.#resumes = new Counter({
      name: 'busyhour_socket_resumes_total',
      help: 'Clients that came back, by whether what they missed was still kept',
      labelNames: ['result'],
      registers,
    });
    this.#abandoned = new Counter({
      name: 'busyhour_socket_turns_abandoned_total',
      help: 'Turns cancelled because no socket came back for them',
      registers,
    });
  }

  socketsChanged(sockets: number): void {
    this.#open.set(sockets);
  }

  socketEnded(reason: SocketEnd): void {
    this.#ends.inc({ reason });
  }

  upgradeRefused(reason: FaultCode): void {
    this.#refusals.inc({ reason });
  }

  resumed(result: ResumeResult): void {
    this.#resumes.inc({ result });
  }

  turnAbandoned(): void {
    this.#abandoned.inc();
  }
}
