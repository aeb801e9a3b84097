/** Where a setting's value came from, weakest first. */
export const ORIGINS = ['default', 'file', 'environment', 'flag'] as const;
export type Origin = (typeof ORIGINS)[number];

type Mapping = Readonly<Record<string, unknown>>;

/** One source of settings; what it does not give is absent. */
export interface Layer {
  readonly origin: Origin;
  readonly settings: Mapping;
}

export interface MergedLayers {
  readonly settings: Mapping;
  /** The origin of the value at a dotted path; `default` for what no layer gives. Array items are named by index. */
  originOf(path: readonly PropertyKey[]): Origin;
}

export const isMapping = (value: unknown): value is Mapping =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Two variants of one thing do not mix: a `kind` that differs replaces the whole. */
const isSameVariant = (below: Mapping, above: Mapping): boolean =>
  above.kind === undefined || below.kind === undefined || above.kind === below.kind;

interface Place {
  readonly path: string;
  readonly origins: Map<string, Origin>;
}

function forgetBelow({ path, origins }: Place): void {
  for (const known of origins.keys()) {
    if (known === path || known.startsWith(`${path}.`)) origins.delete(known);
  }
}

function mergeValue(below: unknown, above: unknown, origin: Origin, place: Place): unknown {
  if (isMapping(below) && isMapping(above) && isSameVariant(below, above)) {
    return mergeMapping(below, above, origin, place);
  }
  forgetBelow(place);
  if (isMapping(above)) return mergeMapping({}, above, origin, place);
  place.origins.set(place.path, origin);
  return above;
}

function mergeMapping(below: Mapping, above: Mapping, origin: Origin, place: Place): Mapping {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    merged[key] = mergeValue(below[key], value, origin, { ...place, path });
  }
  return merged;
}

/**
 * Lays sources over one another, the last one strongest: mappings merge field by field, lists and single values replace,
 * and so does a mapping of another `kind`. Nothing is mutated.
 */
export function mergeLayers(layers: readonly Layer[]): MergedLayers {
  const origins = new Map<string, Origin>();
  let settings: Mapping = {};
  for (const layer of layers) {
    settings = mergeMapping(settings, layer.settings, layer.origin, { path: '', origins });
  }
  return {
    settings,
    originOf(path) {
      // A list is given as a whole: its items have the origin of the list.
      for (let length = path.length; length > 0; length--) {
        const known = origins.get(path.slice(0, length).join('.'));
        if (known !== undefined) return known;
      }
      return 'default';
    },
  };
}
