/** Told of the transactions of a history. */
export interface WriteObserver {
  /** `spanMs` from handing the writes over to their outcomes; `hasFailed` when any of them was not done. */
  committed(commit: { readonly writes: number; readonly spanMs: number; readonly hasFailed: boolean }): void;
}

export const SILENT_WRITE_OBSERVER: WriteObserver = { committed: () => undefined };

/** How busy a history is at this moment. */
export interface StoreLoad {
  /** Writes that were asked for and not yet answered. */
  readonly backlog: number;
  /** Connections to a database server; absent for an embedded one. */
  readonly pool?: { readonly used: number; readonly idle: number; readonly waiting: number };
}

/** Takes any outcomes by kind: those of the history know this file. */
export const hasFailed = (outcomes: readonly { readonly kind: string }[]): boolean =>
  outcomes.some(({ kind }) => kind === 'failed');
