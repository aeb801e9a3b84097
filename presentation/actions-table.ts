import type { ActionRecord, ResultFile } from '../vocabulary/result-file.ts';
import { type Block, type Cell, cell, column, numeric } from './blocks.ts';
import { ABSENT, formatDuration, formatNumber, formatRatio } from './numbers.ts';

type Goodput = NonNullable<NonNullable<ActionRecord['effect']>['before']>;

function goodputCell(goodput: Goodput | undefined): Cell {
  if (goodput === undefined) return { text: ABSENT, muted: true };
  const { goodputPerS, goodRatio, seconds } = goodput;
  return { text: `${formatNumber(goodputPerS)} (${formatRatio(goodRatio)})`, hint: `over ${seconds} s` };
}

const spanCell = (ms: number | undefined): Cell =>
  ms === undefined ? { text: ABSENT, muted: true } : cell(formatDuration(ms));

/** What was done to the target during the run, and what came of it; nothing where nothing was. */
export function actionsTable({ actions }: ResultFile): Block[] {
  if (actions === undefined || actions.length === 0) return [];
  return [
    {
      kind: 'table',
      caption:
        'Scheduled actions, from the start of the run; good requests per second and as a share of offered',
      columns: [
        column('action'),
        numeric('at'),
        numeric('took'),
        column('state'),
        numeric('good/s before'),
        numeric('during'),
        numeric('after'),
        numeric('recovered after'),
        numeric('ready after'),
        numeric('first answer after'),
      ],
      rows: actions.map(
        ({ kind, target, startedAtMs, endedAtMs, state, detail, effect, readyMs, firstAnswerMs }) => [
          cell(`${kind} of ${target}`),
          cell(formatDuration(startedAtMs)),
          cell(formatDuration(endedAtMs - startedAtMs)),
          {
            text: detail ?? '',
            badge: { kind: state === 'done' ? ('good' as const) : ('bad' as const), text: state },
          },
          goodputCell(effect?.before),
          goodputCell(effect?.during),
          goodputCell(effect?.after),
          spanCell(effect?.recoveryMs),
          spanCell(readyMs),
          spanCell(firstAnswerMs),
        ],
      ),
    },
  ];
}
