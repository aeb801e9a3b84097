import type { PlanFile, PlannedMode } from '../../vocabulary/plan-file.ts';
import type { PeopleSection, Staffed } from '../../vocabulary/plan-sections/people.ts';
import { HOURS_PER_DAY, MIN_PER_HOUR } from '../../vocabulary/units.ts';
import { type Block, type Cell, cell, column, numeric, paragraph, type Section } from '../blocks.ts';
import { hoursChart } from '../charts/over-hours.ts';
import { asSentence, capitalised } from '../escape.ts';
import { formatCount, formatNumber, formatRatio } from '../numbers.ts';
import { plannedModes } from '../plan-reading.ts';

interface Staff {
  /** Modes that this staffing is of: escalations are the same in all, the hours in which a mode is down are not. */
  readonly modes: readonly PlannedMode[];
  readonly people: PeopleSection;
}

/** One entry for modes with the same agents in every interval. */
function staffings(plan: PlanFile): Staff[] {
  const all = plannedModes(plan).flatMap((mode) =>
    mode.people === undefined ? [] : [{ mode, people: mode.people }],
  );
  const alike = Map.groupBy(all, ({ people }) => JSON.stringify(people.intervals));
  return [...alike.values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [{ people: first.people, modes: [first.mode, ...rest.map(({ mode }) => mode)] }],
  );
}

const clock = (minute: number): string => {
  const day = Math.floor(minute / (HOURS_PER_DAY * MIN_PER_HOUR));
  const within = minute % (HOURS_PER_DAY * MIN_PER_HOUR);
  const time = `${String(Math.floor(within / MIN_PER_HOUR)).padStart(2, '0')}:${String(within % MIN_PER_HOUR).padStart(2, '0')}`;
  return day === 0 ? time : `day ${day + 1}, ${time}`;
};

const titles = ({ modes }: Staff): string => modes.map(({ title }) => title).join('; ');

function agentsChart(staff: Staff, id: string): Block {
  const { people } = staff;
  const { busiest } = people;
  const isWeek = people.intervals.length * people.intervalMinutes > HOURS_PER_DAY * MIN_PER_HOUR;
  const svg = hoursChart({
    id,
    title: isWeek ? 'People over the week' : 'People over the day',
    description: `${formatCount(busiest.scheduledAgents)} on the schedule at most, from ${clock(busiest.startMinute)}, of whom ${formatCount(busiest.agents)} are at their desks; ${formatCount(people.paidAgentHoursPerDay)} paid hours a day. ${capitalised(asSentence(people.profile))}`,
    simulated: false,
    unit: 'agents',
    intervalHours: people.intervalMinutes / MIN_PER_HOUR,
    series: [
      {
        text: 'on the schedule, shrinkage included',
        ink: 'offered',
        mark: 'area',
        values: people.intervals.map(({ scheduledAgents }) => scheduledAgents),
      },
      {
        text: 'at their desks',
        ink: 'p50',
        mark: 'line',
        values: people.intervals.map(({ agents }) => agents),
      },
      {
        text: 'busy on average',
        ink: 'p95',
        mark: 'dash',
        values: people.intervals.map(({ agents, occupancyRatio }) => agents * occupancyRatio),
      },
    ],
  });
  return { kind: 'chart', svg, width: 'full' };
}

const staffedCells = (staffed: Staffed): Cell[] => [
  cell(formatNumber(staffed.offeredErlangs)),
  cell(formatCount(staffed.agents)),
  cell(formatCount(staffed.scheduledAgents)),
  cell(staffed.binding),
  cell(formatRatio(staffed.serviceLevelRatio)),
  cell(`${formatNumber(staffed.meanWaitS)} s`),
  cell(formatRatio(staffed.abandonProbability)),
  cell(formatRatio(staffed.occupancyRatio)),
];

/** More intervals than this are shown for the day with the busiest one alone. */
const MAX_INTERVALS = 48;

const intervalsTable = (staff: Staff): Block => {
  const { people } = staff;
  const dayMinutes = HOURS_PER_DAY * MIN_PER_HOUR;
  const day = Math.floor(people.busiest.startMinute / dayMinutes);
  const isLong = people.intervals.length > MAX_INTERVALS;
  const shown = people.intervals.filter(
    ({ startMinute }) => !isLong || Math.floor(startMinute / dayMinutes) === day,
  );
  return {
    kind: 'table',
    caption: `${titles(staff)}: people by interval of ${people.intervalMinutes} minutes, by Erlang A${isLong ? '; the busiest day, every interval is in people.csv' : ''}`,
    dense: true,
    columns: [
      column('from'),
      numeric('erlangs'),
      numeric('agents'),
      numeric('on the schedule'),
      column('set by'),
      numeric('answered in time'),
      numeric('mean wait'),
      numeric('hang up'),
      numeric('occupancy'),
    ],
    rows: shown.map((each): Cell[] => [cell(clock(each.startMinute)), ...staffedCells(each)]),
  };
};

function botDownRow(mode: PlannedMode): Cell[][] {
  const down = mode.people?.botDown;
  if (down === undefined) return [];
  return [
    [
      cell(mode.title),
      cell(`${formatNumber(down.hoursPerMonth)} h`),
      cell(formatNumber(down.offeredErlangs)),
      cell(formatRatio(down.answeredInTimeRatio)),
      cell(formatRatio(down.abandonProbability)),
      cell(formatCount(down.abandonedPerHour)),
      cell(formatCount(down.scheduledAgents)),
    ],
  ];
}

const botDownTable = (plan: PlanFile): Block => ({
  kind: 'table',
  caption:
    'When the machine answers nobody every contact goes to the people of the busiest interval, who were planned for escalations',
  columns: [
    column('mode'),
    numeric('expected a month'),
    numeric('erlangs'),
    numeric('answered in time'),
    numeric('hang up'),
    numeric('hang-ups per hour of outage'),
    numeric('schedule that would keep the service level'),
  ],
  rows: plannedModes(plan).flatMap(botDownRow),
});

function leadText(staff: Staff): string {
  const { busiest, paidAgentHoursPerDay } = staff.people;
  return `${formatCount(busiest.scheduledAgents)} people on the schedule in the busiest interval (from ${clock(busiest.startMinute)}) answer ${formatRatio(busiest.serviceLevelRatio)} in time; ${formatCount(paidAgentHoursPerDay)} paid hours on an average day. ${capitalised(asSentence(staff.people.profile))}`;
}

/** People behind the machine, interval by interval, and what happens when it is down. Nothing without the section. */
export function peopleSections(plan: PlanFile): Section[] {
  const all = staffings(plan);
  if (all.length === 0) return [];
  return [
    {
      id: 'people',
      title: 'People',
      blocks: [
        ...all.flatMap((staff, index) => [
          paragraph(leadText(staff)),
          agentsChart(staff, `people-${index}`),
          intervalsTable(staff),
        ]),
        botDownTable(plan),
      ],
    },
  ];
}
