import type { ProfileShape } from './schema.ts';

/** Levels of the hours of a day and of the days of a week from Monday; only proportions count. */
export interface Shape {
  readonly hours: readonly number[];
  readonly weekdays: readonly number[];
  readonly source: string;
}

const EVERY_DAY = [1, 1, 1, 1, 1, 1, 1];

/** Shapes that come with the tool. An own profile replaces them. */
const SHAPES: Readonly<Record<ProfileShape, Shape>> = {
  'call-centre': {
    hours: [
      0.04, 0.03, 0.02, 0.02, 0.02, 0.03, 0.08, 0.22, 0.55, 0.86, 1, 0.96, 0.8, 0.74, 0.82, 0.88, 0.84, 0.72,
      0.52, 0.38, 0.28, 0.2, 0.12, 0.07,
    ],
    weekdays: [1.15, 1.08, 1.05, 1.04, 1.02, 0.6, 0.45],
    source:
      'assumed: a service line with peaks in the late morning and the afternoon, busiest on Monday, as inbound call centres show (Brown et al. 2005, JASA 100, section 3)',
  },
  'office-hours': {
    hours: [
      0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.05, 0.2, 0.7, 0.95, 1, 0.98, 0.8, 0.85, 0.95, 0.92, 0.8, 0.4,
      0.12, 0.06, 0.04, 0.03, 0.02, 0.01,
    ],
    weekdays: [1.05, 1.02, 1, 0.99, 0.94, 0.05, 0.03],
    source: 'assumed: staff of one time zone at work from 8 to 17, Monday to Friday',
  },
  'llm-api': {
    hours: [
      0.576, 0.49, 0.504, 0.465, 0.491, 0.453, 0.47, 0.587, 0.698, 0.724, 0.773, 0.751, 0.728, 0.737, 0.728,
      0.719, 0.75, 0.741, 0.692, 0.844, 1, 0.963, 0.872, 0.73,
    ],
    weekdays: EVERY_DAY,
    source:
      'mean request rate by hour of m-small over 14 days (alibaba/ServeGen@f891d11, Xiang et al., arXiv:2505.09999); its days are not named, so all are alike',
  },
  flat: {
    hours: Array.from({ length: 24 }, () => 1),
    weekdays: EVERY_DAY,
    source: 'every hour alike',
  },
};

export const profileShape = (name: ProfileShape): Shape => SHAPES[name];
