import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const FOLDER = join(import.meta.dirname, '../../../deploy/observability');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Dashboard {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

export const dashboard = JSON.parse(
  readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8'),
) as Dashboard;

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}
export const rules: readonly Rule[] = (
  parse(readFileSync(join(FOLDER, 'rules.yaml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

/** What is asked, where it stands, with the variables of Grafana filled in. */
export interface Query {
  readonly where: string;
  readonly expr: string;
}

export const panelQueries: readonly Query[] = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ refId, expr }) => ({
    where: `${title} ${refId}`,
    expr: expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m'),
  })),
);

export const ruleQueries: readonly Query[] = rules.map(({ record, alert, expr }) => ({
  where: record ?? alert ?? '',
  expr,
}));
