import type { Result } from '../../../vocabulary/errors.ts';
import { type K6Point, readK6Points } from './points.ts';
import { HttpPointJoiner, type K6Request, requestFromRecord } from './requests.ts';

export type InteractionEvent = 'started' | 'completed' | 'abandoned';

/** What a file of points says, by k6 scenario. */
export interface K6Run {
  readonly requests: readonly K6Request[];
  readonly dropped: readonly {
    readonly step: string;
    readonly atUnixMs: number;
    readonly interactions: number;
  }[];
  readonly interactions: readonly {
    readonly step: string;
    readonly atUnixMs: number;
    readonly event: InteractionEvent;
  }[];
  readonly stepStartedAtUnixMs: ReadonlyMap<string, number>;
  /** What busyhour's own scripts say of themselves. */
  readonly plan: string | undefined;
  /** Where requests went: the script's own word, else the `url` tag of the first. */
  readonly url: string | undefined;
  /** Largest number of virtual users for each instant at which k6 said it. */
  readonly maxVus: number;
}

const EVENTS: readonly string[] = ['started', 'completed', 'abandoned'];

interface Draft {
  readonly own: K6Request[];
  readonly joined: K6Request[];
  readonly dropped: { step: string; atUnixMs: number; interactions: number }[];
  readonly interactions: { step: string; atUnixMs: number; event: InteractionEvent }[];
  readonly stepStartedAtUnixMs: Map<string, number>;
  /** Status of each upgrade to a socket, by the name that the script gave it. */
  readonly statusOfSocket: Map<string, number>;
  plan: string | undefined;
  url: string | undefined;
  maxVus: number;
}

type Taker = (draft: Draft, point: K6Point) => void;

const stepOf = (point: K6Point): string => point.tags.scenario ?? 'default';

const TAKERS: Readonly<Record<string, Taker>> = {
  busyhour_wire_latency_ms: (draft, point) => {
    draft.own.push(requestFromRecord(point, draft.statusOfSocket));
  },
  busyhour_step_started_at_unix_ms: (draft, point) => {
    draft.stepStartedAtUnixMs.set(stepOf(point), point.value);
    draft.plan ??= point.metadata.busyhour_plan;
    // The script's word wins over the address of a single request.
    draft.url = point.metadata.busyhour_url ?? draft.url;
  },
  ws_sessions: ({ statusOfSocket }, { metadata, tags }) => {
    if (metadata.busyhour_socket !== undefined)
      statusOfSocket.set(metadata.busyhour_socket, Number(tags.status ?? 0));
  },
  busyhour_interactions: (draft, point) => {
    const { event = '' } = point.tags;
    if (!EVENTS.includes(event)) return;
    // When its turn was due, as the native engine counts; an older script does not say.
    const atUnixMs = Number(point.metadata.due_at_unix_ms ?? point.atUnixMs);
    draft.interactions.push({ step: stepOf(point), atUnixMs, event: event as InteractionEvent });
  },
  dropped_iterations: (draft, point) => {
    draft.dropped.push({ step: stepOf(point), atUnixMs: point.atUnixMs, interactions: point.value });
  },
  http_reqs: (draft, point) => {
    draft.url ??= point.tags.url ?? point.tags.name;
  },
  vus: (draft, point) => {
    draft.maxVus = Math.max(draft.maxVus, point.value);
  },
};

/** Reads points into requests, drops and interactions. Requests of busyhour's scripts win over k6's own metrics of them. */
export async function collectK6Run(path: string): Promise<Result<K6Run>> {
  const joiner = new HttpPointJoiner();
  const draft: Draft = {
    own: [],
    joined: [],
    dropped: [],
    interactions: [],
    stepStartedAtUnixMs: new Map(),
    statusOfSocket: new Map(),
    plan: undefined,
    url: undefined,
    maxVus: 0,
  };
  const read = await readK6Points(path, (point) => {
    TAKERS[point.metric]?.(draft, point);
    const request = joiner.push(point);
    if (request !== undefined) draft.joined.push(request);
  });
  if (read.kind === 'failed') return read;
  const { own, joined, statusOfSocket: _statuses, ...rest } = draft;
  return { kind: 'ok', value: { ...rest, requests: own.length > 0 ? own : joined } };
}
