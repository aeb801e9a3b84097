import { createLogPchip } from '../../vocabulary/monotone-curve.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { createServingCurve } from '../calibrate/closed-loop-curve.ts';
import { fitLinearTpot } from '../calibrate/linear-tpot.ts';
import { requestsPerSOf, type ServingPoint } from '../calibrate/saturation.ts';
import { computeUslThroughput, fitUsl } from '../calibrate/usl.ts';
import { planned, refuse } from '../refusal.ts';
import type { PredictorInput, PredictorMaker } from './held-out.ts';
import type { ServingConfiguration } from './measured-file.ts';
import { interpolateLinearly } from './straight-lines.ts';

type Field = 'meanTimeToFirstTokenMs' | 'meanTimePerOutputTokenMs';
type Curve = (concurrency: number) => number;

/** One curve for each of the two times. */
function byField(input: PredictorInput, curveOf: (field: Field) => Curve): ReturnType<PredictorMaker> {
  if (input.calibration.length < 2) return refuse('fewer than two points', 'measure two concurrencies');
  const [firstToken, perToken] = [curveOf('meanTimeToFirstTokenMs'), curveOf('meanTimePerOutputTokenMs')];
  return planned((concurrency) => ({
    concurrency,
    meanTimeToFirstTokenMs: firstToken(concurrency),
    meanTimePerOutputTokenMs: perToken(concurrency),
  }));
}

/** Straight lines between neighbours. */
const linear: PredictorMaker = ({ calibration }) =>
  calibration.length < 2
    ? refuse('fewer than two points', 'measure two concurrencies')
    : planned((concurrency) => interpolateLinearly(calibration, concurrency));

function logPchipCurve(points: readonly ServingPoint[], field: Field): Curve {
  const curve = createLogPchip(points.map((point) => ({ x: point.concurrency, y: point[field] })));
  return (x) => curve.at(x);
}

const logPchip: PredictorMaker = (input) =>
  byField(input, (field) => logPchipCurve(input.calibration, field));

/** The two walls of a roofline, one that does not depend on the load and one that grows with it, through the end points. */
function rooflineCurve(points: readonly ServingPoint[], field: Field): Curve {
  const [first, last] = [points[0], points[points.length - 1]];
  if (first === undefined || last === undefined) return () => Number.NaN;
  return (x) => Math.max(first[field], (last[field] * x) / last.concurrency);
}

const roofline: PredictorMaker = (input) =>
  byField(input, (field) => rooflineCurve(input.calibration, field));

/** TPOT = a + b·n by least squares, and TTFT likewise. */
const linearTpot: PredictorMaker = (input) => {
  const fits = (['meanTimeToFirstTokenMs', 'meanTimePerOutputTokenMs'] as const).map((field) =>
    fitLinearTpot(input.calibration.map((point) => ({ x: point.concurrency, y: point[field] }))),
  );
  const refused = fits.find((fit) => fit.kind === 'refused');
  if (refused?.kind === 'refused') return refused;
  const [firstToken, perToken] = fits.flatMap((fit) => (fit.kind === 'planned' ? [fit.value] : []));
  if (firstToken === undefined || perToken === undefined) return refuse('no fit', 'measure more points');
  return planned((concurrency) => {
    const point = {
      concurrency,
      meanTimeToFirstTokenMs: firstToken.at(concurrency),
      meanTimePerOutputTokenMs: perToken.at(concurrency),
    };
    return point.meanTimeToFirstTokenMs > 0 && point.meanTimePerOutputTokenMs > 0 ? point : undefined;
  });
};

/** The scalability law knows only throughput: the whole latency stands in for its parts, in the measured proportion. */
const usl: PredictorMaker = ({ calibration, configuration: { outputTokens } }) => {
  const fit = fitUsl(
    calibration.map((point) => ({
      load: point.concurrency,
      throughput: requestsPerSOf(point, outputTokens),
    })),
  );
  if (fit.kind === 'refused') return fit;
  return planned((concurrency) => {
    const latencyMs = msFromS(concurrency / computeUslThroughput(fit.value, concurrency));
    const perTokenMs = latencyMs / outputTokens;
    return { concurrency, meanTimeToFirstTokenMs: perTokenMs, meanTimePerOutputTokenMs: perTokenMs };
  });
};

const NUMERIC = new Set(['input_tokens', 'output_tokens', 'tensor_parallel', 'concurrency']);

/** How unlike two configurations are: 1 for each name that differs, and the ratio of each number in doublings. */
function distance(a: ServingConfiguration['labels'], b: ServingConfiguration['labels']): number {
  return Object.keys(a).reduce((sum, column) => {
    const [left, right] = [a[column], b[column]];
    if (left === right) return sum;
    const ratio = Number(left) / Number(right);
    return sum + (NUMERIC.has(column) && ratio > 0 ? Math.abs(Math.log2(ratio)) / 4 : 1);
  }, 0);
}

interface Neighbour {
  readonly other: ServingConfiguration;
  readonly unlike: number;
}

const covers = ({ points }: ServingConfiguration, concurrency: number): boolean =>
  (points[0]?.concurrency ?? Number.POSITIVE_INFINITY) <= concurrency &&
  concurrency <= (points[points.length - 1]?.concurrency ?? 0);

/** The curve of the configuration most like it, as it is: what a table of published results gives. */
const nearest: PredictorMaker = ({ configuration, others }) => {
  const neighbours: Neighbour[] = others
    .filter(({ points }) => points.length >= 2)
    .map((other) => ({ other, unlike: distance(configuration.labels, other.labels) }));
  return planned((concurrency) => {
    const found = neighbours.reduce<Neighbour | undefined>(
      (best, next) =>
        (best === undefined || next.unlike < best.unlike) && covers(next.other, concurrency) ? next : best,
      undefined,
    )?.other;
    if (found === undefined) return undefined;
    const at = (field: Field): number => logPchipCurve(found.points, field)(concurrency);
    return {
      concurrency,
      meanTimeToFirstTokenMs: at('meanTimeToFirstTokenMs'),
      meanTimePerOutputTokenMs: at('meanTimePerOutputTokenMs'),
    };
  });
};

/** Our own curve from the lowest and the highest load alone: its fallback, by straight lines. */
const twoPoints: PredictorMaker = (input) => ungated({ ...input, calibration: endsOf(input.calibration) });

const endsOf = (points: readonly ServingPoint[]): ServingPoint[] => [
  ...points.slice(0, 1),
  ...points.slice(1).slice(-1),
];

/** The same ends joined by a straight line in log–log. */
const twoPointsLogLinear: PredictorMaker = (input) =>
  logPchip({ ...input, calibration: endsOf(input.calibration) });

/** Our own curve where its gates would have refused: what they keep out shows in the difference. */
const ungated: PredictorMaker = ({ calibration, configuration }) => {
  const curve = createServingCurve(calibration, configuration.outputTokens);
  return planned((concurrency) => ({
    concurrency,
    meanTimeToFirstTokenMs: curve.timeToFirstTokenMsAt(concurrency),
    meanTimePerOutputTokenMs: curve.timePerOutputTokenMsAt(concurrency),
  }));
};

/** Ways to predict that know only the rate: their times per token are not judged. */
export const RATE_ONLY: ReadonlySet<string> = new Set(['scalability law']);

/** What else could be believed, each judged on the same held-out points as far as it has an answer there. */
export const BASELINES: Readonly<Record<string, PredictorMaker>> = {
  'without gates': ungated,
  'two points': twoPoints,
  'two points, log–log line': twoPointsLogLinear,
  'log–log PCHIP': logPchip,
  'linear interpolation': linear,
  'linear TPOT': linearTpot,
  'scalability law': usl,
  roofline,
  'nearest configuration': nearest,
};
