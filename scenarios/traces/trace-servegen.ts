import { dirname, join } from 'node:path';
import { createSampler, type Sampler } from '../../vocabulary/distributions.ts';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import { readPackedText } from '../../vocabulary/packed-text.ts';
import { createRandom, type Random, sampleGamma } from '../../vocabulary/random.ts';
import { msFromS } from '../../vocabulary/units.ts';
import { failedRows, lineIssue, readCsvRows, type TableRow } from '../tables.ts';
import type { TraceReading } from '../trace-reading.ts';
import type { TraceRequest } from './trace.ts';

const WINDOW_HEADER = 'model,client,t_s,rate_rps,iat_cv,dist,param1,param2';
const HISTOGRAM_HEADER = 'model,field,tokens,weight_requests';
/** Tokens per request of every model, beside the windows. */
export const SERVEGEN_HISTOGRAMS = 'token_histograms.csv.gz';
const WINDOW_S = 600;
/** More than this does not fit a plan; a shorter part of the trace does. */
const MAX_REQUESTS = 2_000_000;

type Options = NonNullable<TraceReading['servegen']>;

/** One client in one window of ten minutes. */
interface ClientWindow {
  readonly client: string;
  readonly fromS: number;
  readonly ratePerS: number;
  readonly law: 'Gamma' | 'Weibull';
  readonly shape: number;
}

type Row = TableRow<readonly string[]>;

const positive = (text: string | undefined): number | undefined => {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
};

function windowFrom({ line, value }: Row): ClientWindow | Issue {
  const [, client = '', tS, rate, , law, shapeText] = value;
  const fromS = tS === '0' ? 0 : positive(tS);
  const [ratePerS, shape] = [positive(rate), positive(shapeText)];
  const isLaw = law === 'Gamma' || law === 'Weibull';
  if (value.length === 8 && fromS !== undefined && ratePerS !== undefined && shape !== undefined && isLaw) {
    return { client, fromS, ratePerS, law, shape };
  }
  const expected = 't_s ≥ 0, rate_rps and param1 above 0, dist Gamma or Weibull, 8 fields';
  return lineIssue(line, expected, value.join(','), 'correct or remove the row');
}

/** A gap with mean 1, or one chosen by its length where `biased`: of a Weibull gap, its power is then gamma with 1/k more. */
function drawGap({ law, shape }: ClientWindow, random: Random, biased: boolean): number {
  if (law === 'Gamma') return sampleGamma(random, shape + (biased ? 1 : 0), 1 / shape);
  const meanOfScaleOne = Math.exp(logGamma(1 + 1 / shape));
  return sampleGamma(random, biased ? 1 + 1 / shape : 1, 1) ** (1 / shape) / meanOfScaleOne;
}

/** Lanczos approximation of ln Γ(x), x ≥ 1 (Press et al., Numerical Recipes, 1992, 6.1): relative error under 2e-10. */
function logGamma(x: number): number {
  const coefficients = [
    76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
    -0.5395239384953e-5,
  ];
  const series = coefficients.reduce((sum, c, i) => sum + c / (x + i + 1), 1.000000000190015);
  const t = x + 5.5;
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310007 * series) / x);
}

/** Instants of a client in its window, in s; the first gap is what is left of one under way. */
function drawWindow(window: ClientWindow, random: Random): number[] {
  const endS = window.fromS + WINDOW_S;
  const instants: number[] = [];
  let atS = window.fromS + (random.next() * drawGap(window, random, true)) / window.ratePerS;
  for (
    ;
    atS < endS && instants.length <= MAX_REQUESTS;
    atS += drawGap(window, random, false) / window.ratePerS
  )
    instants.push(atS);
  return instants;
}

function checkHeader(rows: readonly Row[], header: string): Issue[] {
  const got = rows[0]?.value.join(',');
  return got === header
    ? []
    : [lineIssue(rows[0]?.line ?? 1, `the header ${header}`, got, 'add the header line')];
}

function readTokenSampler(rows: readonly Row[], model: string, field: string): Sampler | undefined {
  const found = rows.filter(({ value }) => value[0] === model && value[1] === field);
  const values = found.map(({ value }) => Number(value[2]));
  const weights = found.map(({ value }) => Number(value[3]));
  const isSound = [...values, ...weights].every((number) => Number.isFinite(number) && number >= 0);
  return found.length > 0 && isSound ? createSampler({ kind: 'histogram', values, weights }) : undefined;
}

const MAX_NAMED = 20;

/** The models of a file, each in the first column of its rows. */
function modelsHint(rows: readonly Row[]): string {
  const models = [...new Set(rows.slice(1).map(({ value }) => value[0]))];
  const more = models.length > MAX_NAMED ? ', …' : '';
  return `Say whose clients: --servegen-model, or servegen.model in a scenario, as one of ${models.slice(0, MAX_NAMED).join(', ')}${more}.`;
}

interface TokenSamplers {
  readonly input: Sampler;
  readonly output: Sampler;
}

function readTokens(path: string, model: string): Result<TokenSamplers> {
  const packed = readPackedText(path, 'INVALID_TRACE');
  if (packed.kind === 'failed') return packed;
  const { rows, issues } = readCsvRows(packed.value.text);
  const problems = [...issues, ...checkHeader(rows, HISTOGRAM_HEADER)];
  if (problems.length > 0) return failedRows('INVALID_TRACE', path, problems);
  const input = readTokenSampler(rows, model, 'input_tokens');
  const output = readTokenSampler(rows, model, 'output_tokens');
  return input === undefined || output === undefined
    ? failed('INVALID_TRACE', `${path} has no sound input_tokens and output_tokens of model ${model}`, {
        hint: modelsHint(rows),
      })
    : ok({ input, output });
}

function drawRequests(windows: readonly ClientWindow[], tokens: TokenSamplers, options: Options) {
  const random = createRandom(options.seed);
  const toS = options.fromS + options.forS;
  const instants = windows
    .flatMap((window) => drawWindow(window, random.fork(`${window.client} ${window.fromS}`)))
    .filter((atS) => atS >= options.fromS && atS < toS)
    .sort((a, b) => a - b);
  const first = instants[0] ?? 0;
  const sizes = random.fork('tokens');
  return instants.map(
    (atS): TraceRequest => ({
      atMs: msFromS(atS - first),
      inputTokens: Math.round(tokens.input(sizes)),
      outputTokens: Math.round(tokens.output(sizes)),
    }),
  );
}

/** The windows of a model that touch the part asked for, with every bad row of the model. */
function readWindows(rows: readonly Row[], { model, fromS, forS }: Options) {
  const issues: Issue[] = [];
  const windows: ClientWindow[] = [];
  for (const row of rows.slice(1)) {
    if (row.value[0] !== model) continue;
    const read = windowFrom(row);
    if ('path' in read) issues.push(read);
    else if (read.fromS < fromS + forS && read.fromS + WINDOW_S > fromS) windows.push(read);
  }
  return { issues, windows };
}

/**
 * Requests drawn from ServeGen's client windows (Xiang et al., arXiv:2505.09999): in each window of ten minutes each
 * client has its own rate and law of gaps, rescaled to that rate as upstream does. Tokens are drawn from the histograms
 * beside the file. Seeded: a file, a part and a seed are one trace.
 */
export function parseServeGenTrace(
  text: string,
  what: string,
  options: Options | undefined,
): Result<readonly TraceRequest[]> {
  if (options === undefined) {
    return failed('INVALID_TRACE', `${what} holds rates of several models, not requests`, {
      hint: modelsHint(readCsvRows(text).rows),
    });
  }
  const { rows, issues } = readCsvRows(text);
  const read = readWindows(rows, options);
  const problems = [...issues, ...checkHeader(rows, WINDOW_HEADER), ...read.issues];
  if (problems.length > 0) return failedRows('INVALID_TRACE', what, problems);
  const tokens = readTokens(join(dirname(what), SERVEGEN_HISTOGRAMS), options.model);
  if (tokens.kind === 'failed') return tokens;
  const expected = read.windows.reduce((sum, { ratePerS }) => sum + ratePerS * WINDOW_S, 0);
  if (expected > MAX_REQUESTS) {
    return failed(
      'INVALID_TRACE',
      `${what}: about ${Math.round(expected)} requests, more than ${MAX_REQUESTS}`,
      {
        hint: 'Take a shorter part with servegen.forS.',
      },
    );
  }
  const requests = drawRequests(read.windows, tokens.value, options);
  return (requests.at(-1)?.atMs ?? 0) > 0
    ? ok(requests)
    : failed('INVALID_TRACE', `${what}: model ${options.model} has no two requests in that part`);
}
