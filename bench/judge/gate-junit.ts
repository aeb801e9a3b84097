import { visibleText } from '../../presentation/escape.ts';
import type { GateOutcome } from './gate.ts';
import { formatChange, formatFigure } from './gate-text.ts';

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text for an XML attribute: controls that XML 1.0 forbids are replaced. */
const escapeXml = (text: string): string =>
  visibleText(text)
    .replace(
      /[\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
      '\uFFFD',
    )
    .replace(/[&<>"\n\t]/g, (character) => XML[character] ?? character);

interface TestCase {
  readonly suite: string;
  readonly subject: string;
  readonly name: string;
  readonly verdict: string;
  readonly text: string;
}

function casesOf(outcome: GateOutcome): TestCase[] {
  const compared = (outcome.comparison?.metrics ?? []).map((row) => ({
    suite: 'comparison with the baseline',
    subject: row.subject,
    name: row.metric,
    verdict: row.verdict,
    text: `${formatFigure(row.baseline, row.unit)} to ${formatFigure(row.candidate, row.unit)}: ${formatChange(row)}; ${row.reason}`,
  }));
  const budgets = outcome.budgets.map((check) => ({
    suite: 'budgets',
    subject: check.subject,
    name: check.budget,
    verdict: check.verdict,
    text: `observed ${check.observed}; ${check.reason}`,
  }));
  return [...compared, ...budgets];
}

type State = 'passed' | 'failed' | 'skipped';

function stateOf({ verdict }: TestCase, { onNotEnoughEvidence }: GateOutcome): State {
  if (verdict === 'worse' || verdict === 'missed') return 'failed';
  if (verdict !== 'not enough evidence') return 'passed';
  return onNotEnoughEvidence === 'fail' ? 'failed' : 'skipped';
}

function caseXml(test: TestCase, state: State): string {
  const head = `    <testcase classname="busyhour.${escapeXml(test.subject)}" name="${escapeXml(test.name)}" time="0"`;
  const message = `message="${escapeXml(`${test.verdict}: ${test.text}`)}"`;
  if (state === 'failed') return `${head}><failure type="${escapeXml(test.verdict)}" ${message}/></testcase>`;
  if (state === 'skipped') return `${head}><skipped ${message}/></testcase>`;
  return `${head}/>`;
}

/**
 * The gate as JUnit XML (the Jenkins schema, which GitHub actions and GitLab read): one suite for the comparison, one for the
 * budgets; what lacks evidence is skipped, or failed where the policy fails it.
 */
export function formatJunit(outcome: GateOutcome): string {
  const cases = casesOf(outcome).map((test) => ({ test, state: stateOf(test, outcome) }));
  const counts = (of: typeof cases): string => {
    const failures = of.filter(({ state }) => state === 'failed').length;
    const skipped = of.filter(({ state }) => state === 'skipped').length;
    return `tests="${of.length}" failures="${failures}" errors="0" skipped="${skipped}" time="0"`;
  };
  const suites = [...new Set(cases.map(({ test }) => test.suite))].map((suite) => {
    const own = cases.filter(({ test }) => test.suite === suite);
    const lines = own.map(({ test, state }) => caseXml(test, state));
    return [`  <testsuite name="${escapeXml(suite)}" ${counts(own)}>`, ...lines, '  </testsuite>'].join('\n');
  });
  const totals = counts(cases).replace(/ skipped="\d+"/, '');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="busyhour gate" ${totals}>\n${suites.join('\n')}\n</testsuites>\n`;
}
