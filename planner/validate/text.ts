import { ABSENT, formatNumber } from '../../presentation/numbers.ts';
import { formatTextTable, type TextColumn, wrapText } from '../../presentation/text-table.ts';
import { percentFromRatio } from '../../vocabulary/units.ts';
import { HELD_QUANTITIES, type HeldPrediction } from './held-results.ts';
import type { ServingValidation } from './protocol.ts';

const TARGET_COLUMNS: readonly TextColumn[] = [
  { title: 'predicted on configurations unseen', maxChars: 46 },
  { title: 'published', align: 'right', maxChars: 9 },
  { title: 'target', align: 'right', maxChars: 11 },
  { title: 'reached', align: 'right', maxChars: 8 },
  { title: 'verdict', maxChars: 10 },
];

const BASELINE_FIGURES = ['reqPerSMapePct', 'reqPerSP90Pct', 'reqPerSBiasPct', 'tpotMapePct', 'ttftMapePct'];

const BASELINE_COLUMNS: readonly TextColumn[] = [
  { title: 'way to predict', maxChars: 24 },
  ...['req/s mean', 'req/s p90', 'req/s bias', 'TPOT', 'TTFT'].map((title) => ({
    title: `${title} %`,
    align: 'right' as const,
    maxChars: 12,
  })),
];

const LIST_COLUMNS: readonly TextColumn[] = [
  { title: 'configuration', maxChars: 60 },
  { title: 'what', maxChars: 60 },
];

const MAX_LISTED = 12;

const shown = (value: number | undefined): string => (value === undefined ? ABSENT : value.toFixed(2));

/** What is left of it where no point lies near the crossing, for a table of targets alone would hide it. */
function heldOutLimitLine({ figures }: ServingValidation): string {
  const of = (figure: string): string => shown(figures[figure]);
  return (
    'Where no measured point lies within a factor of two of the crossing: capacity off by ' +
    `${of('capacityAtHeldOutLimitErrorPct')} % on average (p90 ${of('capacityAtHeldOutLimitP90Pct')} %), ` +
    `decisions that suffice ${of('decisionAtHeldOutLimitSufficientRatio')}, ` +
    `replicas too many ${of('decisionAtHeldOutLimitOverspendRatio')}.`
  );
}

/** The two tables and the lists of what failed, for a terminal; `--json` lists all of it. */
export function formatServingValidation(validation: ServingValidation): string {
  const { figures, targets, baselines, refused, failures } = validation;
  const row = (name: string, own: ServingValidation['figures']): string[] => [
    name,
    ...BASELINE_FIGURES.map((figure) => shown(own[figure])),
  ];
  const listed = [
    ...refused.map(({ configuration, reason }) => [configuration, `refused: ${reason}`]),
    ...failures.map(({ configuration, concurrency, reqPerSErrorPct }) => [
      configuration,
      `${reqPerSErrorPct > 0 ? '+' : ''}${reqPerSErrorPct.toFixed(1)} % of requests/s at ${concurrency} in flight`,
    ]),
  ];
  const more = listed.length > MAX_LISTED ? [`… and ${listed.length - MAX_LISTED} more, with --json`] : [];
  return [
    `${validation.rows} rows (${validation.copies} of them copies), ${validation.configurations} configurations, ${validation.judged} with a point to leave out, ${refused.length} refused, ${failures.length} failed`,
    '',
    formatTextTable(
      TARGET_COLUMNS,
      targets.map(({ words, published, target, value, verdict }) => [
        words,
        published,
        target,
        shown(value),
        verdict,
      ]),
    ),
    '',
    ...wrapText(heldOutLimitLine(validation), 100),
    '',
    formatTextTable(BASELINE_COLUMNS, [
      row('this planner', figures),
      ...Object.entries(baselines).map(([name, own]) => row(name, own)),
    ]),
    ...(listed.length === 0 ? [] : ['', formatTextTable(LIST_COLUMNS, listed.slice(0, MAX_LISTED)), ...more]),
  ].join('\n');
}

const HELD_COLUMNS: readonly TextColumn[] = [
  { title: 'at', maxChars: 40 },
  { title: 'quantity', maxChars: 28 },
  { title: 'predicted', align: 'right', maxChars: 10 },
  { title: 'measured', align: 'right', maxChars: 10 },
  { title: 'error', align: 'right', maxChars: 9 },
];

function heldRow(held: HeldPrediction): string[] {
  if (held.kind === 'refused') return [held.subject, `refused: ${held.reason}`, '', '', ''];
  const percent = percentFromRatio(held.errorRatio);
  return [
    held.subject,
    HELD_QUANTITIES[held.quantity],
    formatNumber(held.predicted),
    formatNumber(held.measured),
    `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`,
  ];
}

/** Predictions beside what was measured. */
export const formatHeldPredictions = (held: readonly HeldPrediction[]): string =>
  formatTextTable(HELD_COLUMNS, held.map(heldRow));
