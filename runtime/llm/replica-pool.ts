import { createHash } from 'node:crypto';
import type { FaultCode } from '../../vocabulary/faults.ts';
import type { Provider } from './provider.ts';

/** One of several servers of the same model. */
export interface Replica {
  readonly provider: Provider;
  /** Requests of this process that it is at work on. */
  inFlight: number;
  /** Not asked before this instant while another can be. */
  restsUntilMs: number;
  /** How long it rested last; 0 while it is well. */
  restMs: number;
}

/** A server that is gone is asked again after this long, then after twice as long, and so on. */
const FIRST_REST_MS = 500;
const MAX_REST_MS = 8_000;

/**
 * A conversation stays with its replica, whose prefix cache knows it, until that one has this many times its share of
 * what is in flight (consistent hashing with bounded loads: Mirrokni, Thorup & Zadimoghaddam, 2018).
 */
const MAX_SHARE = 1.25;

/** Faults after which a server rests: it answers fast and wrong, and would draw all traffic by being idle. */
const RESTING_FAULTS: ReadonlySet<FaultCode> = new Set([
  'provider_unreachable',
  'provider_overloaded',
  'provider_timeout',
  'provider_error',
  'provider_incomplete',
]);

/** Rendezvous hashing: the order of the replicas for a key moves only for the keys of one that comes or goes. */
function scoreOf(cacheKey: string, index: number): number {
  return createHash('sha1').update(`${index} ${cacheKey}`).digest().readUInt32BE(0);
}

/** Chooses among servers of one model: the least busy that is well, and for a conversation the one that knows it. */
export class ReplicaPool {
  readonly replicas: readonly Replica[];
  readonly #nowMs: () => number;
  /** Where the search begins, so that equals take turns. */
  #turn = 0;

  constructor(providers: readonly Provider[], nowMs: () => number) {
    this.replicas = providers.map((provider) => ({ provider, inFlight: 0, restsUntilMs: 0, restMs: 0 }));
    this.#nowMs = nowMs;
  }

  /** The replica to ask next; undefined when each was tried. Those that rest come last, the one nearest its end first. */
  choose(tried: ReadonlySet<Replica>, cacheKey: string | undefined): Replica | undefined {
    const left = this.replicas.filter((replica) => !tried.has(replica));
    const nowMs = this.#nowMs();
    const well = left.filter(({ restsUntilMs }) => restsUntilMs <= nowMs);
    if (well.length === 0) return least(left, ({ restsUntilMs }) => restsUntilMs);
    const known = cacheKey === undefined ? undefined : this.#ownerOf(cacheKey, well);
    return known ?? this.#leastBusy(well);
  }

  /** What became of a request: rest after a fault of the server, none after an answer. */
  note(replica: Replica, fault: FaultCode | undefined): void {
    if (fault === undefined) {
      replica.restMs = 0;
      replica.restsUntilMs = 0;
    } else if (RESTING_FAULTS.has(fault) && replica.restsUntilMs <= this.#nowMs()) {
      replica.restMs = Math.min(MAX_REST_MS, replica.restMs === 0 ? FIRST_REST_MS : replica.restMs * 2);
      replica.restsUntilMs = this.#nowMs() + replica.restMs;
    }
  }

  /** The first in the order of the key that has room; undefined when none of them has. */
  #ownerOf(cacheKey: string, well: readonly Replica[]): Replica | undefined {
    const inFlight = well.reduce((sum, replica) => sum + replica.inFlight, 0);
    const most = Math.ceil((MAX_SHARE * (inFlight + 1)) / well.length);
    const roomy = well.filter((replica) => replica.inFlight < most);
    return least(roomy, (replica) => -scoreOf(cacheKey, this.replicas.indexOf(replica)));
  }

  #leastBusy(well: readonly Replica[]): Replica | undefined {
    const start = this.#turn++ % well.length;
    return least([...well.slice(start), ...well.slice(0, start)], ({ inFlight }) => inFlight);
  }
}

/** The first of the lowest rank. */
function least(replicas: readonly Replica[], rankOf: (replica: Replica) => number): Replica | undefined {
  let best: { readonly replica: Replica; readonly rank: number } | undefined;
  for (const replica of replicas) {
    const rank = rankOf(replica);
    if (best === undefined || rank < best.rank) best = { replica, rank };
  }
  return best?.replica;
}
