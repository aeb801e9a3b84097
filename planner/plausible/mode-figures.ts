import { type Catalogue, findEntry } from '../../scenarios/catalogue.ts';
import { catalogueReferences, type DeploymentMode } from '../../scenarios/mode.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Bounds, boundsWords, isWithin } from './bounds.ts';

/** No price, quota, size or power of one thing is negative or larger than this, in any unit of the catalogue. */
const ANY_FIGURE: Bounds = { min: 0, max: 1e12 };
/** What is divided by. */
const LIFE: Bounds = { min: 0.01, max: 1000 };

interface Numbered {
  readonly path: string;
  readonly value: number;
}

/** Every number of an entry with its path. */
function numbersOf(value: unknown, path: string): Numbered[] {
  if (typeof value === 'number') return [{ path, value }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    numbersOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

const refusalOf = (id: string, { path, value }: Numbered, bounds: Bounds): Refusal =>
  refuse(
    `catalogue entry ${id} states ${path} ${value}, and such a figure lies ${boundsWords(bounds)}`,
    `correct ${id} in your catalogue file`,
  );

function lifeRefusals(mode: DeploymentMode, catalogue: Catalogue): Refusal[] {
  return mode.tiers.flatMap(({ unit }) => {
    if (unit.kind !== 'owned-gpu-node') return [];
    const { id, field } = unit.life;
    const { entry } = unwrap(findEntry(catalogue, id));
    return numbersOf('figures' in entry ? entry.figures[field] : undefined, field)
      .filter(({ value }) => !isWithin(value, LIFE))
      .map((numbered) => refusalOf(id, numbered, LIFE));
  });
}

/** Catalogue entries that a mode names and whose figures cannot be meant. Empty when all can. */
export function absurdFigures(mode: DeploymentMode, catalogue: Catalogue): Refusal[] {
  const ids = [...new Set(catalogueReferences(mode).map(({ id }) => id))];
  const any = ids.flatMap((id) =>
    numbersOf(unwrap(findEntry(catalogue, id)).entry, '')
      .filter(({ value }) => !isWithin(value, ANY_FIGURE))
      .map((numbered) => refusalOf(id, numbered, ANY_FIGURE)),
  );
  return [...any, ...lifeRefusals(mode, catalogue)];
}
