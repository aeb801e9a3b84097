import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STREAM } from './plans.ts';
import { say, withTruth } from './processes.ts';
import { findPeer, lastWords, runPeer } from './run-peer.ts';
import { errorMs, readTruth } from './truth-test.ts';

const STREAMS = 100;
const SPAN_S = 10;
const LIMIT_MS = 45_000;

/** What another tool says of token streams of a known pace; absent figures are ones that it did not give. */
interface StreamPeerReading {
  readonly version?: string;
  readonly ttftP50Ms?: number;
  readonly ttftP99Ms?: number;
  readonly itlP50Ms?: number;
  readonly itlP99Ms?: number;
  readonly reason?: string;
}

async function versionOf(program: string): Promise<{ version?: string }> {
  const { stdout, stderr } = await runPeer(program, ['--version'], { limitMs: 30_000 });
  const version = /\d+\.\d+[\w.]*/.exec(`${stdout}${stderr}`)?.[0];
  return version === undefined ? {} : { version };
}

/** Nothing is fetched while measuring: a tool that needs a tokenizer from outside says so. */
const OFFLINE = { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };

type Percentiles = Readonly<Record<'p50' | 'p99', number>> | undefined;

async function aiperf(url: string): Promise<StreamPeerReading> {
  const program = findPeer('aiperf');
  if (program === undefined) return { reason: 'AIPerf is not installed here' };
  const version = await versionOf(program);
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
  try {
    const load = ['--concurrency', String(STREAMS), '--benchmark-duration', String(SPAN_S)];
    const tokens = [
      '--extra-inputs',
      `max_tokens:${STREAM.tokens}`,
      '--tokenizer',
      'builtin',
      '--use-server-token-count',
    ];
    const target = ['--model', 'ground-truth', '--url', url, '--endpoint-type', 'chat', '--streaming'];
    const args = ['profile', ...target, ...load, ...tokens, '--artifact-dir', folder];
    const said = await runPeer(program, args, { limitMs: LIMIT_MS, env: OFFLINE });
    try {
      const out = JSON.parse(readFileSync(join(folder, 'profile_export_aiperf.json'), 'utf8')) as {
        time_to_first_token?: Percentiles;
        inter_token_latency?: Percentiles;
      };
      const [ttft, itl] = [out.time_to_first_token, out.inter_token_latency];
      return {
        ...version,
        ...(ttft === undefined ? {} : { ttftP50Ms: ttft.p50, ttftP99Ms: ttft.p99 }),
        ...(itl === undefined ? {} : { itlP50Ms: itl.p50, itlP99Ms: itl.p99 }),
      };
    } catch {
      // No export: its own words say why.
      return { ...version, reason: lastWords(said) };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PROMPTS = 500;

/** Prompts from a file: GuideLLM asks for a tokenizer only to make some up. */
function writePrompts(path: string): void {
  const lines = Array.from({ length: PROMPTS }, (_, n) => JSON.stringify({ prompt: `question ${n}` }));
  writeFileSync(path, `${lines.join('\n')}\n`);
}

interface GuideSummary {
  readonly successful?: { readonly percentiles?: Percentiles };
}

function readGuide(path: string): StreamPeerReading {
  const { benchmarks } = JSON.parse(readFileSync(path, 'utf8')) as {
    benchmarks?: {
      metrics?: { time_to_first_token_ms?: GuideSummary; inter_token_latency_ms?: GuideSummary };
    }[];
  };
  const metrics = benchmarks?.[0]?.metrics;
  const ttft = metrics?.time_to_first_token_ms?.successful?.percentiles;
  const itl = metrics?.inter_token_latency_ms?.successful?.percentiles;
  return {
    ...(ttft === undefined ? {} : { ttftP50Ms: ttft.p50, ttftP99Ms: ttft.p99 }),
    ...(itl === undefined ? {} : { itlP50Ms: itl.p50, itlP99Ms: itl.p99 }),
  };
}

async function guidellm(url: string): Promise<StreamPeerReading> {
  const program = findPeer('guidellm');
  if (program === undefined) return { reason: 'GuideLLM is not installed here' };
  const version = await versionOf(program);
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-measure-'));
  try {
    const [prompts, path] = [join(folder, 'prompts.jsonl'), join(folder, 'out.json')];
    writePrompts(prompts);
    const backend = { kind: 'openai_http', target: url, model: 'ground-truth', max_tokens: STREAM.tokens };
    const settings: readonly (readonly [string, object])[] = [
      ['--backend', { ...backend, validate_backend: false }],
      ['--profile', { kind: 'concurrent', streams: STREAMS }],
      ['--constraint', { kind: 'max_duration', seconds: SPAN_S }],
      ['--data', { kind: 'json_file', path: prompts }],
      ['--output', { kind: 'json', path }],
    ];
    const args = settings.flatMap(([option, value]) => [option, JSON.stringify(value)]);
    const said = await runPeer(program, ['run', ...args, '--disable-console'], {
      limitMs: LIMIT_MS,
      env: OFFLINE,
    });
    try {
      return { ...version, ...readGuide(path) };
    } catch {
      // No export: its own words say why.
      return { ...version, reason: lastWords(said) };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A tool that is here and cannot be held against this server, with the reason. */
async function without(program: string, reason: string): Promise<StreamPeerReading> {
  const path = findPeer(program);
  if (path === undefined) return { reason: `${program} is not installed here` };
  return { ...(await versionOf(path)), reason };
}

/** A reading beside the truth of its own run. */
async function heldAgainstTruth(name: string, peer: (url: string) => Promise<StreamPeerReading>) {
  const options = {
    firstTokenMs: STREAM.firstTokenMs,
    tokenGapMs: STREAM.tokenGapMs,
    outputTokens: STREAM.tokens,
  };
  return withTruth(options, async (url) => {
    say(`${STREAMS} streams: ${name}`);
    const reading = await peer(url);
    if (reading.ttftP50Ms === undefined) return reading;
    const truth = await readTruth(url);
    return {
      ...reading,
      ttftErrorP50Ms: errorMs(reading.ttftP50Ms, truth.firstTokenP50Ms),
      ttftErrorP99Ms: errorMs(reading.ttftP99Ms, truth.firstTokenP99Ms),
      itlErrorP50Ms: errorMs(reading.itlP50Ms, truth.gapP50Ms),
      itlErrorP99Ms: errorMs(reading.itlP99Ms, truth.gapP99Ms),
    };
  });
}

/**
 * Tools that read token streams, beside the same truth at 100 streams of 50 tokens/s. Each definition is the tool's own:
 * AIPerf's inter-token latency is a mean per request, (last − first) ÷ (tokens − 1), so its p99 hides single late tokens.
 */
export async function measureLlmPeers(): Promise<Record<string, unknown>> {
  return {
    streams: STREAMS,
    aiperf: await heldAgainstTruth('AIPerf', aiperf),
    guidellm: await heldAgainstTruth('GuideLLM', guidellm),
    inferencePerf: await without('inference-perf', 'wants a tokenizer from a hub for whatever it sends'),
    ghz: await without('ghz', 'does not time the messages of a stream'),
  };
}
