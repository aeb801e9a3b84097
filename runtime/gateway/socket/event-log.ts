/** An event as it is kept: its id and the JSON text of its other fields. */
export interface LoggedEvent {
  readonly id: number;
  readonly json: string;
}

export type ReadAfter =
  | { readonly kind: 'events'; readonly events: readonly LoggedEvent[]; readonly lastId: number }
  /** What followed is not kept any more, or never was. */
  | { readonly kind: 'gap'; readonly lastId: number };

/**
 * The recent events of each interaction under ids that only grow, also over restarts: the first is the time in ms at which
 * the log of the interaction began. In the memory of one process, or in Redis for all that share it.
 */
export interface EventLog {
  /** Keeps events (JSON texts) and resolves to the id of the last; none only asks for that id. */
  append(interactionId: string, events: readonly string[]): Promise<number>;
  readAfter(interactionId: string, afterId: number): Promise<ReadAfter>;
  /** Drops the events that are kept; ids go on, so that whoever comes back learns of the gap. */
  forget(interactionId: string): Promise<void>;
  /** Tells of ids appended by other processes, until the returned function is called. */
  follow(interactionId: string, onNews: (lastId: number) => void): () => void;
  /** Other processes in which somebody follows. */
  followersElsewhere(interactionId: string): Promise<number>;
  close(): Promise<void>;
}

export interface EventLogOptions {
  readonly maxEvents: number;
  /** An interaction without an event for this long is forgotten. */
  readonly ttlMs: number;
}
