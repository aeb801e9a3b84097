import { formatCount } from '../../presentation/numbers.ts';
import { CHECK_RULES, type CheckReport, type Finding } from './check.ts';
import type { Place } from './quantity.ts';

const MARKS = { contradiction: 'wrong', doubt: 'doubtful', omission: 'missing' } as const;

/** `line 241`, or the path in the claims file where no line is known. */
const whereOf = ({ path, line }: Place): string => (line === undefined ? path : `line ${line}`);

/** Lines, or paths, that a finding rests on besides its own: `lines 233, 240`. */
function basisOf({ against, line }: Finding): string {
  const lines = [...new Set(against.flatMap((place) => place.line ?? []))]
    .filter((other) => other !== line)
    .sort((a, b) => a - b);
  if (lines.length === 0) return '';
  return ` (from line${lines.length === 1 ? '' : 's'} ${lines.join(', ')})`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function summaryOf({ findings, counts, rules }: CheckReport): string {
  if (findings.length === 0) return `nothing found by ${rules} rules`;
  const { contradiction, doubt, omission } = counts;
  return `${formatCount(findings.length)} found by ${rules} rules: ${contradiction} wrong, ${doubt} doubtful, ${omission} missing`;
}

/** One line a finding, by line of the document, then how many there are. */
export function formatFindings(report: CheckReport): string {
  const lines = report.findings.map(
    (finding) =>
      `${whereOf(finding)}: ${MARKS[finding.severity]}: ${capitalised(finding.sentence)}${basisOf(finding)} [${finding.rule}]`,
  );
  return [report.title, ...lines, summaryOf(report)].join('\n');
}

/** The report as JSON can carry it: an end that is open is the word `unlimited`. */
export const reportAsJson = (report: CheckReport): unknown =>
  JSON.parse(
    JSON.stringify(report, (_, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'unlimited' : value)),
  );

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A Markdown table of the findings with the rules behind them. */
export function formatFindingsMarkdown(report: CheckReport): string {
  const used = new Set(report.findings.map(({ rule }) => rule));
  return [
    `# ${report.title}`,
    '',
    `Source: ${report.source}. ${capitalised(summaryOf(report))}.`,
    '',
    '| where | | finding | rule |',
    '|---|---|---|---|',
    ...report.findings.map(
      (finding) =>
        `| ${whereOf(finding)} | ${MARKS[finding.severity]} | ${cell(capitalised(finding.sentence) + basisOf(finding))} | ${finding.rule} |`,
    ),
    '',
    '## Rules',
    '',
    ...CHECK_RULES.filter(({ id }) => used.has(id)).map(({ id, title }) => `- **${id}**: ${title}`),
    '',
  ].join('\n');
}
