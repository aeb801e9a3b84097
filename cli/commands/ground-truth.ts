import { ERROR_KINDS, type GroundTruthOptions, groundTruthSchema } from '../../bench/ground-truth/options.ts';
import { type GroundTruthServer, startGroundTruth, type Truth } from '../../bench/ground-truth/server.ts';
import type { Distribution } from '../../vocabulary/distributions.ts';
import { EXIT_CODES, failed, unwrap } from '../../vocabulary/errors.ts';
import { parseWith } from '../../vocabulary/parse.ts';
import type { Command } from '../boundary.ts';
import { signalWithParent } from '../processes.ts';

export interface GroundTruthCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly delayMs: number;
  readonly delayCv: number;
  readonly gapMs: number;
  readonly gapCv: number;
  readonly tokens: number;
  readonly stall?: string;
  readonly error?: readonly string[];
  readonly timers?: boolean;
  readonly seed: number;
  readonly exitWithParent?: boolean;
  readonly json?: boolean;
}

/** Gamma with the mean and coefficient of variation asked for: shape 1/cv², scale mean·cv². */
function spanOf(meanMs: number, cv: number): number | Distribution {
  return cv === 0 || meanMs === 0 ? meanMs : { kind: 'gamma', shape: 1 / cv ** 2, scale: meanMs * cv ** 2 };
}

function stallFrom(text: string | undefined): Pick<GroundTruthOptions, 'stall'> {
  if (text === undefined) return {};
  const match = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) {
    return unwrap(failed('USAGE', `--stall: expected two spans in ms such as 10000:1000, got "${text}"`));
  }
  return { stall: { everyMs: Number(match[1]), lastsMs: Number(match[2]) } };
}

function errorsFrom(texts: readonly string[] = []): NonNullable<GroundTruthOptions['errors']> {
  return Object.fromEntries(
    texts.map((text) => {
      const [kind = '', ratio = ''] = text.split('=');
      if (!ERROR_KINDS.some((known) => known === kind) || !/^(0|1|0?\.\d+|1\.0+)$/.test(ratio)) {
        const kinds = ERROR_KINDS.join(', ');
        unwrap(failed('USAGE', `--error: expected KIND=RATIO with KIND one of ${kinds}, got "${text}"`));
      }
      return [kind, Number(ratio)];
    }),
  );
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function start(options: GroundTruthOptions): Promise<GroundTruthServer> {
  try {
    return await startGroundTruth(options);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!isTaken) throw error;
    return unwrap(failed('PORT_IN_USE', `port ${options.port} is taken`, { cause: error }));
  }
}

const summaryOf = ({ answers, streams, tokens, errors }: Truth): string => {
  const wrong = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  return `${answers} answers, ${streams} of them streams with ${tokens} tokens${wrong.length === 0 ? '' : `; on purpose: ${wrong.join(', ')}`}`;
};

/** `busyhour ground-truth`: serves until interrupted, which is its clean end; `--json` then prints what it kept to. */
export const groundTruth: Command<GroundTruthCommandOptions> = async (options, context) => {
  const signal = options.exitWithParent ? signalWithParent(context.signal) : context.signal;
  const input: GroundTruthOptions = {
    host: options.host,
    port: options.port,
    firstTokenMs: spanOf(options.delayMs, options.delayCv),
    tokenGapMs: spanOf(options.gapMs, options.gapCv),
    outputTokens: options.tokens,
    ...stallFrom(options.stall),
    errors: errorsFrom(options.error),
    isExact: options.timers !== true,
    seed: options.seed,
  };
  const server = await start(unwrap(parseWith(groundTruthSchema, input, 'USAGE', 'the options')));
  context.say(`ground truth at ${server.url}: POST /v1/chat/completions, POST or GET /plain, GET /truth`);
  await untilAborted(signal);
  const truth = server.truth();
  await server.close();
  context.say(summaryOf(truth));
  return { exitCode: EXIT_CODES.ok, json: { url: server.url, truth } };
};
