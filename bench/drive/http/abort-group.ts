import { OpenList } from '../../../vocabulary/open-list.ts';

/** Told when a signal aborts. */
export interface Abortable {
  onAbort(): void;
}

const GROUPS = new WeakMap<AbortSignal, OpenList<Abortable>>();

/**
 * What is to be ended when the signal aborts; add and remove at will. One listener per signal: the platform looks
 * through all listeners for each that is added, which at ten thousand open requests costs more than a request.
 */
export function abortGroupOf(signal: AbortSignal): OpenList<Abortable> {
  const known = GROUPS.get(signal);
  if (known !== undefined) return known;
  const group = new OpenList<Abortable>();
  GROUPS.set(signal, group);
  signal.addEventListener(
    'abort',
    () => {
      for (const member of group.values()) member.onAbort();
    },
    { once: true },
  );
  return group;
}
