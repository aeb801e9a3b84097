import type { ComparedMode, InputChange, ModeDiff, PlanDiff } from '../../vocabulary/plan-diff.ts';
import { formatCount, formatUsd } from '../numbers.ts';
import { TERMINAL_CHARS } from '../terminal.ts';
import { formatTextTable, type TextColumn, wrapText } from '../text-table.ts';
import { comparedModes, formatEffects } from './changes-section.ts';
import { formatLoneEffects } from './lone-effects.ts';
import { formatEnds, formatInput, formatInputPlace, formatUsdChange } from './words.ts';

const COLUMNS: readonly TextColumn[] = [
  { title: 'mode', maxChars: 14 },
  { title: 'replicas', maxChars: 26 },
  { title: 'machine, USD/month', align: 'right', maxChars: 26 },
  { title: 'USD/interaction', align: 'right', maxChars: 24 },
];

/** Simulated is shouted. */
const nameOf = ({ mode, simulated }: { readonly mode: string; readonly simulated: boolean }): string =>
  simulated ? `${mode} SIMULATED` : mode;

function modeRow(mode: ModeDiff): string[] {
  switch (mode.kind) {
    case 'compared': {
      const tiers = mode.tiers.map(({ tier, replicas }) => `${tier} ${formatEnds(replicas, formatCount)}`);
      return [
        nameOf(mode),
        tiers.join(', ') || `${formatEnds(mode.replicas, formatCount)}, as before`,
        formatUsdChange(mode.money.machineUsdPerMonth),
        formatUsdChange(mode.money.aiUsdPerInteraction),
      ];
    }
    case 'added':
    case 'planned-now':
      return [
        nameOf(mode),
        mode.kind === 'added' ? 'new' : 'planned now',
        formatUsd(mode.machineUsdPerMonth),
        '',
      ];
    case 'removed':
      return [mode.mode, 'not in the new plan', '', ''];
    case 'refused-now':
    case 'still-refused':
      return [
        mode.mode,
        `${mode.kind === 'refused-now' ? 'refused now' : 'refused'}: ${mode.reason}`,
        '',
        '',
      ];
  }
}

/** More inputs than this are counted, not listed: the Markdown has them all. */
const MAX_SAID = 12;

const wrapped = (text: string): string[] =>
  wrapText(text, TERMINAL_CHARS - 2).map((line, index) => (index === 0 ? line : `  ${line}`));

const isOnlySource = ({ before, after, rests }: InputChange): boolean =>
  before === after && rests !== undefined;

/** Figures that moved; of those that only rest on another source, how many. */
function inputLines(diff: PlanDiff): string[] {
  const moved = diff.inputs.filter((change) => !isOnlySource(change));
  const lines = moved.slice(0, MAX_SAID).flatMap((change) => {
    const place = formatInputPlace(change);
    return wrapped(`${change.kind}${place === '' ? '' : ` of ${place}`}: ${formatInput(change)}`);
  });
  const more = moved.length - MAX_SAID;
  const resting = diff.inputs.length - moved.length;
  return [
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(resting > 0 ? [`${resting} more did not move but rest on another source`] : []),
  ];
}

/** What each input does by itself, where it is known. */
function loneLines(moved: readonly ComparedMode[]): string[] {
  const lines = moved.flatMap((mode) => {
    const said = formatLoneEffects(mode);
    return said === undefined ? [] : wrapped(`${mode.mode}: ${said}`);
  });
  return lines.length === 0 ? [] : ['', 'one input at a time, machine, USD/month:', ...lines];
}

/** The comparison without colour, at most 100 columns: modes, what moved the month, then the inputs that changed. */
export function formatPlanDiff(diff: PlanDiff): string {
  if (!diff.changed) return `${diff.before.name} and ${diff.after.name} say the same, from the same inputs`;
  const moved = comparedModes(diff).filter(({ changed }) => changed);
  return [
    formatTextTable(COLUMNS, diff.modes.map(modeRow)),
    '',
    ...moved.flatMap(({ mode, money }) => wrapped(`${mode}: ${formatEffects(money.machineEffects)}`)),
    ...loneLines(moved),
    '',
    ...(diff.inputs.length === 0 ? ['no input changed'] : ['inputs that changed:', ...inputLines(diff)]),
  ].join('\n');
}
