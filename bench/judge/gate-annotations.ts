import { createHash } from 'node:crypto';
import { singleLine } from '../../presentation/escape.ts';
import type { GateOutcome } from './gate.ts';
import { formatChange } from './gate-text.ts';

export type AnnotationStyle = 'github' | 'gitlab' | 'none';

interface Annotation {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly line: number | undefined;
}

function annotationsOf(outcome: GateOutcome): Annotation[] {
  const { onNotEnoughEvidence: mode } = outcome;
  const severityOf = (verdict: string): Annotation['severity'] | undefined => {
    if (verdict === 'worse' || verdict === 'missed') return 'error';
    if (verdict !== 'not enough evidence' || mode === 'pass') return undefined;
    return mode === 'fail' ? 'error' : 'warning';
  };
  const compared = (outcome.comparison?.metrics ?? []).map((row) => ({
    severity: severityOf(row.verdict),
    title: `${row.subject}: ${row.metric} ${row.verdict}`,
    message: `${formatChange(row)}; ${row.reason}`,
    line: undefined,
  }));
  const checks = outcome.budgets.map((check) => ({
    severity: severityOf(check.verdict),
    title: `${check.subject}: budget ${check.budget} ${check.verdict}`,
    message: `observed ${check.observed}; ${check.reason}`,
    line: check.line,
  }));
  return [...compared, ...checks].flatMap(({ severity, ...rest }) =>
    severity === undefined ? [] : [{ severity, ...rest }],
  );
}

/** Data of a GitHub workflow command: %, CR and LF; properties also `:` and `,`. */
const escapeData = (text: string): string =>
  singleLine(text).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** Workflow commands that GitHub shows beside the run, and at the budget's line where one is at fault. */
export const formatGithubAnnotations = (outcome: GateOutcome, budgetsPath: string | undefined): string[] =>
  annotationsOf(outcome).map(({ severity, title, message, line }) => {
    const place =
      budgetsPath === undefined || line === undefined
        ? ''
        : `file=${escapeProperty(budgetsPath)},line=${line},`;
    return `::${severity} ${place}title=${escapeProperty(title)}::${escapeData(message)}`;
  });

/** GitLab's Code Quality report (a JSON array): https://docs.gitlab.com/ci/testing/code_quality/ */
export const buildGitlabReport = (outcome: GateOutcome, budgetsPath: string | undefined) =>
  annotationsOf(outcome).map(({ severity, title, message, line }) => ({
    description: singleLine(`${title}: ${message}`),
    check_name: 'busyhour-gate',
    fingerprint: createHash('sha256').update(title).digest('hex'),
    severity: severity === 'error' ? 'major' : 'minor',
    location: { path: budgetsPath ?? 'budgets.yaml', lines: { begin: line ?? 1 } },
  }));

/** Which annotations the surroundings ask for: the variables that GitHub's and GitLab's runners set. */
export function detectAnnotations(
  environment: Readonly<Record<string, string | undefined>>,
): AnnotationStyle {
  if (environment.GITHUB_ACTIONS === 'true') return 'github';
  return environment.GITLAB_CI === 'true' ? 'gitlab' : 'none';
}
