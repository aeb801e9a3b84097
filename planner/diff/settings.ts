import type { DeploymentMode } from '../../scenarios/mode.ts';
import type { Setting } from '../../vocabulary/plan-sections/inputs.ts';

/** Words about a mode that no plan follows from. */
const PROSE = new Set(['kind', 'schemaVersion', 'id', 'title', 'summary']);

/** What an item of a list is called: a tier by its id, a cost by its line, a link by its ends; else its place. */
function nameOf(item: unknown, index: number): string {
  if (item === null || typeof item !== 'object') return String(index);
  const { id, line, from, to } = item as Record<string, unknown>;
  if (typeof id === 'string') return id;
  if (typeof line === 'string') return line;
  return typeof from === 'string' && typeof to === 'string' ? `${from}→${to}` : String(index);
}

function leaves(value: unknown, path: string, into: Record<string, Setting>): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    into[path] = value;
  } else if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      leaves(item, `${path}.${nameOf(item, index)}`, into);
    });
  } else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) leaves(inner, `${path}.${key}`, into);
  }
}

/** Every setting of a mode by its path: `tiers.gateway.sizing.maxUtilisation`. Titles and summaries are left out. */
export function flattenMode(mode: DeploymentMode): Record<string, Setting> {
  const settings: Record<string, Setting> = {};
  for (const [key, value] of Object.entries(mode)) if (!PROSE.has(key)) leaves(value, key, settings);
  return settings;
}
