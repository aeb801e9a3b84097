import { escapeMarkdown } from '../../presentation/escape.ts';
import { ABSENT, formatNumber } from '../../presentation/numbers.ts';
import { formatTextTable, type TextColumn } from '../../presentation/text-table.ts';
import type { BudgetCheck } from './check-budgets.ts';
import type { Comparison, MetricComparison } from './comparison.ts';
import type { GateOutcome } from './gate.ts';

const signed = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

/** `+5.1 % (+4.2 … +6.0)`, with points for shares. */
export function formatChange({ change }: MetricComparison): string {
  if (change === undefined) return ABSENT;
  const percent = (value: number): number => 100 * (change.kind === 'ratio' ? value - 1 : value);
  const bound = (value: number): string => (Number.isFinite(value) ? signed(percent(value), 1) : '?');
  const unit = change.kind === 'ratio' ? '%' : 'points';
  return `${bound(change.estimate)} ${unit} (${bound(change.low)} … ${bound(change.high)})`;
}

const UNIT_WORDS: Readonly<Record<string, string>> = {
  'per-s': '/s',
  'tokens-per-s': ' tokens/s',
  ratio: '',
};

/** A figure with its unit. */
export const formatFigure = (value: number | undefined, unit: string): string =>
  value === undefined ? ABSENT : `${formatNumber(value)}${UNIT_WORDS[unit] ?? ` ${unit}`}`;

const COMPARISON_COLUMNS: readonly TextColumn[] = [
  { title: 'load or case', maxChars: 22 },
  { title: 'figure', maxChars: 22 },
  { title: 'baseline', align: 'right', maxChars: 14 },
  { title: 'candidate', align: 'right', maxChars: 14 },
  { title: 'change (95 %)', align: 'right', maxChars: 28 },
  { title: 'verdict', maxChars: 20 },
];

const comparisonRow = (row: MetricComparison): string[] => [
  row.subject,
  row.metric,
  formatFigure(row.baseline, row.unit),
  formatFigure(row.candidate, row.unit),
  formatChange(row),
  row.verdict,
];

const BUDGET_COLUMNS: readonly TextColumn[] = [
  { title: 'load or case', maxChars: 22 },
  { title: 'budget', maxChars: 40 },
  { title: 'observed', align: 'right', maxChars: 14 },
  { title: 'verdict', maxChars: 20 },
];

const budgetRow = (check: BudgetCheck): string[] => [
  check.subject,
  check.budget,
  check.observed,
  check.verdict,
];

/** Why, each reason once: what makes two results incomparable is the same for every figure of them. */
const said = (rows: readonly { subject: string; reason: string }[]): string[] =>
  [...Map.groupBy(rows, ({ reason }) => reason)].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `${first?.subject}${more}: ${reason}`;
  });

const isOpenOrBad = ({ verdict }: { verdict: string }): boolean =>
  verdict === 'worse' || verdict === 'missed' || verdict === 'not enough evidence';

/** The comparison as lines for a terminal: doubts first, then the table, then why. */
export function formatComparison(comparison: Comparison): string {
  const reasons = said(
    comparison.metrics
      .filter(isOpenOrBad)
      .map(({ subject, metric, reason }) => ({ subject: `${subject}, ${metric}`, reason })),
  );
  return [
    ...comparison.notes.map((note) => `note: ${note}`),
    formatTextTable(COMPARISON_COLUMNS, comparison.metrics.map(comparisonRow)),
    ...reasons.map((line) => `  ${line}`),
    `${comparison.pairing === 'paired' ? 'blocks paired' : 'not paired'}; verdict: ${comparison.verdict}`,
  ].join('\n');
}

/** Everything the gate has to say, for a terminal. */
export function formatGate(outcome: GateOutcome): string {
  const checks = outcome.budgets;
  const open = checks.filter(isOpenOrBad);
  return [
    ...(outcome.comparison === undefined ? [] : [formatComparison(outcome.comparison), '']),
    ...(checks.length === 0 ? [] : [formatTextTable(BUDGET_COLUMNS, checks.map(budgetRow))]),
    ...said(open).map((line) => `  ${line}`),
    `gate: ${outcome.verdict} (exit code ${outcome.exitCode})`,
  ].join('\n');
}

const MARKS: Readonly<Record<string, string>> = {
  worse: '❌ worse',
  missed: '❌ missed',
  better: '✅ better',
  same: '✅ same',
  met: '✅ met',
  'not enough evidence': '⚠️ not enough evidence',
};

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map((row) => line(row.map(escapeMarkdown)))];
}

const marked = (row: readonly string[]): string[] => row.map((cell) => MARKS[cell] ?? cell);

function comparisonMarkdown(comparison: Comparison): string[] {
  const rows = comparison.metrics.map((row) => [...marked(comparisonRow(row)), row.reason]);
  return [
    ...comparison.notes.map((note) => `> ${escapeMarkdown(note)}`),
    '',
    ...markdownTable([...COMPARISON_COLUMNS.map(({ title }) => title), 'why'], rows),
    '',
  ];
}

/** The comparison as Markdown. */
export const formatComparisonMarkdown = (comparison: Comparison): string =>
  `### busyhour compare: ${comparison.verdict}\n${comparisonMarkdown(comparison).join('\n')}\n`;

/** The gate as Markdown, for a job's summary or a comment. */
export function formatGateMarkdown(outcome: GateOutcome): string {
  const rows = outcome.budgets.map((check) => [...marked(budgetRow(check)), check.reason]);
  return [
    `### busyhour gate: ${outcome.verdict}`,
    ...(outcome.comparison === undefined ? [] : comparisonMarkdown(outcome.comparison)),
    ...(rows.length === 0 ? [] : markdownTable([...BUDGET_COLUMNS.map(({ title }) => title), 'why'], rows)),
    '',
  ].join('\n');
}
