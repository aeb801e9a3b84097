import { METRIC_SECTIONS, WORKER_SECTION } from '../../../runtime/telemetry/all-metrics.ts';
import type { LabelValues, MetricTable } from '../../../runtime/telemetry/metric-row.ts';
import { FAULT_CODES } from '../../../vocabulary/faults.ts';

const ALL_FAULTS = FAULT_CODES.join();

/** As a reader needs it: the values, or where they come from. */
function valuesOf(values: LabelValues): string {
  if ('atMost' in values) return values.from;
  const rest = values.filter((value) => value !== 'ok');
  const ok = rest.length === values.length ? '' : '`ok` or ';
  if (rest.join() === ALL_FAULTS) return `${ok}a fault code`;
  return values.map((value) => `\`${value}\``).join(' ');
}

const labelsOf = (labels: Readonly<Record<string, LabelValues>>): string =>
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${valuesOf(values)}`)
    .join('; ');

const rowsOf = (table: MetricTable): string[] =>
  Object.entries(table).map(
    ([name, { type, unit, help, labels }]) =>
      `| \`${name}\` | ${type} | ${unit} | ${help} | ${labelsOf(labels)} |`,
  );

/** The reference of docs/telemetry.md, made from the table that metrics are registered from. */
export const metricPage = (): string =>
  Object.entries({
    ...METRIC_SECTIONS,
    'Several processes (`workers`), beside all of the above': WORKER_SECTION,
  })
    .map(([title, table]) =>
      [
        `### ${title}`,
        '',
        '| metric | type | unit | what | labels |',
        '|---|---|---|---|---|',
        ...rowsOf(table),
      ].join('\n'),
    )
    .join('\n\n');
