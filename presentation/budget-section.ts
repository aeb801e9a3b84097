import {
  type BudgetSection,
  type BudgetVerdict,
  isWithinBudget,
} from '../vocabulary/plan-sections/budget.ts';
import { type Badge, type Cell, cell, column, paragraph, type Section } from './blocks.ts';
import { TERMINAL_CHARS } from './terminal.ts';
import { wrapText } from './text-table.ts';

const BADGES = {
  kept: { kind: 'good', text: 'kept' },
  broken: { kind: 'bad', text: 'broken' },
  unknown: { kind: 'bad', text: 'unknown' },
  'not-judged': { kind: 'unsure', text: 'not judged' },
} as const satisfies Record<BudgetVerdict['state'], Badge>;

const verdictRow = (verdict: BudgetVerdict): Cell[] => [
  { text: verdict.mode, badge: BADGES[verdict.state] },
  cell(verdict.ceiling),
  cell(verdict.explanation),
];

const ORDER: Readonly<Record<BudgetVerdict['state'], number>> = {
  broken: 0,
  unknown: 1,
  'not-judged': 2,
  kept: 3,
};

/** Verdicts with those that fail first. */
export const sortVerdicts = ({ verdicts }: BudgetSection): BudgetVerdict[] =>
  [...verdicts].sort((a, b) => ORDER[a.state] - ORDER[b.state]);

/** `2 of 6 ceilings of budget.yaml broken, or not to be told.` */
export function formatBudgetSummary(budget: BudgetSection): string {
  const { verdicts, source } = budget;
  const failing = verdicts.filter(({ state }) => state === 'broken' || state === 'unknown').length;
  const open = verdicts.filter(({ state }) => state === 'not-judged').length;
  const waiting =
    open === 0 ? '' : ` ${open} ${open === 1 ? 'was' : 'were'} not judged, for want of an earlier plan.`;
  return isWithinBudget(budget)
    ? `Every ceiling of ${source} that could be judged is kept.${waiting}`
    : `${failing} of ${verdicts.length} ${verdicts.length === 1 ? 'ceiling' : 'ceilings'} of ${source} broken, or not to be told.${waiting}`;
}

const wrapped = (text: string, indent: string): string[] =>
  wrapText(text, TERMINAL_CHARS - indent.length - 2).map(
    (line, at) => `${indent}${at === 0 ? '' : '  '}${line}`,
  );

/** A sentence, and each ceiling that is not kept, for a terminal. */
export const budgetLines = (budget: BudgetSection): string[] => [
  ...wrapped(`budget: ${formatBudgetSummary(budget)}`, ''),
  ...sortVerdicts(budget)
    .filter(({ state }) => state !== 'kept')
    .flatMap(({ state, mode, ceiling, explanation }) =>
      wrapped(`${BADGES[state].text} ${mode}: ${ceiling}: ${explanation}`, '  '),
    ),
];

/** The plan against its stated ceilings. */
export const budgetSection = (budget: BudgetSection): Section => ({
  id: 'budget',
  title: 'Budget',
  blocks: [
    paragraph(formatBudgetSummary(budget)),
    {
      kind: 'table',
      caption: `Ceilings of ${budget.source}, those that fail first`,
      columns: [column('mode'), column('ceiling'), column('the plan')],
      rows: sortVerdicts(budget).map(verdictRow),
    },
  ],
});
