import type { Issue } from '../../vocabulary/errors.ts';
import { meanOf } from '../../vocabulary/mean.ts';
import type { Slo } from '../../vocabulary/slo.ts';
import { HOURS_PER_DAY } from '../../vocabulary/units.ts';
import { statedFigure } from './figure.ts';
import type { DemandProfile, DemandSpec, InteractionShape } from './schema.ts';

function profileIssues(profile: DemandProfile | undefined): Issue[] {
  if (profile === undefined) return [];
  const given = (['shape', 'hours', 'week'] as const).filter((key) => profile[key] !== undefined);
  const issues: Issue[] = [];
  if (given.length > 1) {
    issues.push({
      path: 'profile',
      expected: 'one of shape, hours and week',
      got: given.join(' and '),
      fix: 'keep the one that was measured',
    });
  }
  if (profile.week !== undefined && profile.weekdays !== undefined) {
    issues.push({
      path: 'profile.weekdays',
      expected: 'nothing beside week, which has its days in it',
      got: 'weekdays',
      fix: 'remove weekdays',
    });
  }
  return [...issues, ...busyHourIssues(profile), ...concentrationIssues(profile)];
}

/** One hour that holds more than an average day leaves no share of the day to plan with. */
function concentrationIssues({ hours, week, weekdays = [1] }: DemandProfile): Issue[] {
  const levels = week ?? hours;
  if (levels === undefined) return [];
  const days = week === undefined ? weekdays : [1];
  const ofDay = (Math.max(...levels) * Math.max(...days)) / (meanOf(levels) * meanOf(days) * HOURS_PER_DAY);
  if (ofDay <= 1) return [];
  return [
    {
      path: week === undefined ? 'profile.hours' : 'profile.week',
      expected: 'a busiest hour with at most the volume of an average day',
      got: `${Number(ofDay.toPrecision(3))} times as much`,
      fix: 'check the levels; what happens once a week is a demand of its own',
    },
  ];
}

function busyHourIssues({ shape, hours, week, busyHourShareRatio }: DemandProfile): Issue[] {
  if (busyHourShareRatio === undefined) return [];
  const path = 'profile.busyHourShareRatio';
  const { value } = statedFigure(busyHourShareRatio);
  if (hours !== undefined || week !== undefined) {
    return [
      {
        path,
        expected: 'nothing beside levels of your own, whose busiest hour is the busy hour',
        got: String(value),
        fix: 'remove it, or name a shape instead of the levels',
      },
    ];
  }
  if (shape === 'flat') {
    return [
      {
        path,
        expected: 'nothing beside the shape flat, whose hours are all alike',
        got: String(value),
        fix: 'name a shape with a busy hour, or remove busyHourShareRatio',
      },
    ];
  }
  if (value >= 1 / HOURS_PER_DAY) return [];
  const even = (1 / HOURS_PER_DAY).toFixed(4);
  return [
    {
      path,
      expected: `at least 1/24 = ${even}, the share of an hour of an even day`,
      got: String(value),
      fix: 'give the share of the day that comes in its busiest hour',
    },
  ];
}

/** Message and answer make the growing context together; one without the other leaves the tokens unknown. */
function interactionIssues(shape: InteractionShape | undefined): Issue[] {
  if (shape === undefined) return [];
  const { systemTokens, messageTokens, answerTokens } = shape;
  const some = systemTokens !== undefined || messageTokens !== undefined || answerTokens !== undefined;
  return (['messageTokens', 'answerTokens'] as const)
    .filter((key) => some && shape[key] === undefined)
    .map((key) => ({
      path: `interaction.${key}`,
      expected: 'a number of tokens beside the other token counts',
      got: 'nothing',
      fix: 'give systemTokens, messageTokens and answerTokens, or none of them',
    }));
}

const sloKey = (slo: Slo): string =>
  slo.kind === 'latency' ? `p${slo.percentile} of ${slo.metric}` : 'error-ratio';

function sloIssues(slos: readonly Slo[] = []): Issue[] {
  return slos.flatMap((slo, index) =>
    slos.findIndex((other) => sloKey(other) === sloKey(slo)) === index
      ? []
      : [
          {
            path: `slos[${index}]`,
            expected: 'each objective once',
            got: `a second limit for ${sloKey(slo)}`,
            fix: 'keep the stricter one',
          },
        ],
  );
}

/** What a demand file must keep beyond the types of its fields. */
export const demandIssues = (spec: DemandSpec): Issue[] => [
  ...profileIssues(spec.profile),
  ...interactionIssues(spec.interaction),
  ...sloIssues(spec.slos),
];
