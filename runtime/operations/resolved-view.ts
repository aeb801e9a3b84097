import { Document, isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { variableOf } from './environment.ts';
import { isMapping, type Origin } from './layers.ts';
import { maskSecrets } from './masking.ts';
import type { ResolvedSettings } from './resolve-settings.ts';

/** One setting's value as it applies, and who gave it. */
export interface ShownSetting {
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
}

export interface ResolvedView {
  /** Complete, nested as in a file, secrets masked. */
  readonly settings: unknown;
  /** One row for each single value and each list. */
  readonly origins: readonly ShownSetting[];
  readonly unusedVariables: readonly string[];
}

function rowsOf(
  value: unknown,
  path: readonly string[],
  originOf: ResolvedSettings<unknown>['originOf'],
): ShownSetting[] {
  if (isMapping(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => rowsOf(inner, [...path, key], originOf));
  }
  return [{ path: path.join('.'), value, origin: originOf(path) }];
}

/** Everything that applies, as data; safe to show. */
export function resolvedViewFrom(resolved: ResolvedSettings<unknown>): ResolvedView {
  const settings = maskSecrets(resolved.config);
  const { unusedVariables } = resolved;
  return { settings, origins: rowsOf(settings, [], resolved.originOf), unusedVariables };
}

function commentFor({ origin, path }: ShownSetting): string {
  if (origin !== 'environment') return ` ${origin}`;
  return ` environment: ${variableOf(path.split('.'))}`;
}

function annotate(map: YAMLMap, path: readonly string[], comments: ReadonlyMap<string, string>): void {
  for (const item of map.items as Pair[]) {
    const here = [...path, String(isScalar(item.key) ? item.key.value : item.key)];
    const comment = comments.get(here.join('.'));
    if (isMap(item.value) && comment === undefined) annotate(item.value, here, comments);
    else if (comment !== undefined && isSeq(item.value) && item.value.items.length > 0) {
      item.value.commentBefore = comment;
    } else if (comment !== undefined && (isScalar(item.value) || isSeq(item.value) || isMap(item.value))) {
      item.value.comment = comment;
    }
  }
}

/** An empty list or mapping that has a comment is written over three lines. */
const EMPTY_AND_COMMENT = /:\n +(\[\]|\{\})\n +(# .*)\n/g;

/** The view as YAML that `--config` reads back, with the origin of each value behind it. */
export function renderResolvedView(view: ResolvedView): string {
  const document = new Document(view.settings);
  const comments = new Map(view.origins.map((row) => [row.path, commentFor(row)]));
  if (isMap(document.contents)) annotate(document.contents, [], comments);
  const text = document.toString({ lineWidth: 0 }).replaceAll(EMPTY_AND_COMMENT, ': $1 $2\n');
  if (view.unusedVariables.length === 0) return text;
  return `${text}# Variables that name no setting: ${view.unusedVariables.join(', ')}\n`;
}
