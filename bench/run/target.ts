import { request } from 'undici';
import { z } from 'zod';
import type { Scenario } from '../../scenarios/scenario.ts';
import { failed, ok, type Result } from '../../vocabulary/errors.ts';
import { type EngineDescription, type Readiness, readinessSchema } from '../../vocabulary/readiness.ts';
import type { ResultTarget } from '../../vocabulary/result-file.ts';
import { describeGrpcTarget } from '../drive/grpc-target.ts';
import { splitUrl } from '../drive/http-pool.ts';

/** Where to send load. */
export interface TargetOptions {
  /** Base URL; for protocol `http` the exact URL that is posted to. */
  readonly url: string;
  /** Further replicas of the same target; interactions are spread over all of them by the generator. */
  readonly replicaUrls?: readonly string[];
  readonly apiKey?: string;
  /** Sent as `model`; otherwise the first that the target lists. */
  readonly model?: string;
  /** How reports call it; the URL's host where absent. */
  readonly name?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** All of a target's questions together end within five seconds. */
const ANSWER_LIMIT_MS = 2_000;

async function getJson(url: string, target: TargetOptions): Promise<Answer | Error> {
  try {
    const response = await request(url, {
      headers: target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: parseJson(text) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema that reads it will say that it is something else.
    return text;
  }
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })).min(1) });

/** What is known of a target, and the model name to send. */
export interface ResolvedTarget {
  readonly target: ResultTarget;
  readonly model: string | undefined;
}

const describe = (target: TargetOptions, scenario: Scenario): ResultTarget => ({
  name: target.name ?? new URL(target.url).host,
  protocol: scenario.protocol,
  url: target.url,
  engine: 'unknown',
  simulated: false,
  replicas: 1 + (target.replicaUrls?.length ?? 0),
  versions: {},
});

/** The engine behind the first provider that is up; providers without one (keyword) say nothing. */
const engineOf = (readiness: Readiness): EngineDescription | undefined =>
  readiness.providers.find(({ state, engine }) => state === 'up' && engine !== undefined)?.engine;

function fromReadiness(base: ResultTarget, readiness: Readiness, model: string | undefined): ResolvedTarget {
  const engine = engineOf(readiness);
  const simulated = readiness.providers.some(
    (provider) => provider.state === 'up' && provider.engine?.simulated,
  );
  const versions = {
    gateway: readiness.version,
    ...(engine === undefined ? {} : { engine: engine.version }),
  };
  return {
    model,
    target: {
      ...base,
      simulated,
      versions,
      ...(engine === undefined ? {} : { engine: engine.kind, model: engine.model, hardware: engine.device }),
    },
  };
}

const unreachable = (target: TargetOptions, detail: string, cause?: unknown): Result<never> =>
  failed('TARGET_UNREACHABLE', `${target.url} does not answer: ${detail}`, { cause });

const describeDown = (readiness: Readiness): string =>
  readiness.providers
    .map(({ name, state, detail }) => `${name} ${state}${detail === undefined ? '' : ` (${detail})`}`)
    .join(', ');

/** A server without /ready: an OpenAI-compatible one lists its models; anything else only has to answer. */
async function resolveForeign(
  target: TargetOptions,
  base: ResultTarget,
  root: string,
): Promise<Result<ResolvedTarget>> {
  if (base.protocol === 'http') return ok({ target: base, model: undefined });
  const answer = await getJson(`${root}/v1/models`, target);
  if (answer instanceof Error) return unreachable(target, answer.message, answer);
  const models = modelsSchema.safeParse(answer.body);
  if (answer.status !== 200 || !models.success) {
    return unreachable(
      target,
      `GET /ready is not ours and GET /v1/models answers ${answer.status} without a list of models`,
    );
  }
  const model = target.model ?? models.data.data[0]?.id;
  return ok({ model, target: { ...base, ...(model === undefined ? {} : { model }) } });
}

const ENGINES = ['llama', 'simulated', 'remote'] as const;

/** An inference server says what it is over gRPC. */
async function resolveGrpc(target: TargetOptions, base: ResultTarget): Promise<Result<ResolvedTarget>> {
  const described = await describeGrpcTarget(target.url);
  if (described.kind === 'failed') return described;
  const { engineKind, engineVersion, device, simulated, model } = described.value;
  const engine = ENGINES.find((kind) => kind === engineKind) ?? 'unknown';
  const versions = { engine: engineVersion };
  return ok({ model, target: { ...base, engine, simulated, model, hardware: device, versions } });
}

/**
 * Asks the target what it is, by GET /ready and else GET /v1/models. Fails as TARGET_UNREACHABLE within five seconds
 * when nothing answers, or when it says that it is not ready.
 */
export async function resolveTarget(
  target: TargetOptions,
  scenario: Scenario,
): Promise<Result<ResolvedTarget>> {
  if (!URL.canParse(target.url)) {
    return failed('USAGE', `${target.url} is not a URL`, { hint: 'Write it like http://127.0.0.1:8080.' });
  }
  const { origin, basePath } = splitUrl(target.url);
  const root = `${origin}${scenario.protocol === 'http' ? '' : basePath}`;
  const base = describe(target, scenario);
  if (scenario.protocol === 'grpc') return resolveGrpc(target, base);
  const answer = await getJson(`${root}/ready`, target);
  if (answer instanceof Error) return unreachable(target, answer.message, answer);
  const readiness = readinessSchema.safeParse(answer.body);
  if (!readiness.success) return resolveForeign(target, base, root);
  if (readiness.data.status !== 'ready') {
    return unreachable(target, `it says ${readiness.data.status}: ${describeDown(readiness.data)}`);
  }
  return ok(fromReadiness(base, readiness.data, target.model));
}
