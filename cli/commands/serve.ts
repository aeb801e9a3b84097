import { type GatewayConfigInput, resolveGatewaySettings } from '../../runtime/config.ts';
import { runGateway } from '../../runtime/index.ts';
import { renderResolvedView, resolvedViewFrom } from '../../runtime/operations/resolved-view.ts';
import { renderWorkerShares, workerSharesFrom } from '../../runtime/operations/worker-shares.ts';
import { createLogger } from '../../runtime/telemetry/logger.ts';
import { scriptFolderOf } from '../../scenarios/script-folder.ts';
import { EXIT_CODES, failed, ok, type Result, unwrap } from '../../vocabulary/errors.ts';
import { parseYaml, readText } from '../../vocabulary/parse.ts';
import type { Command } from '../boundary.ts';
import { signalWithParent } from '../processes.ts';

export interface ServeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly inference?: string;
  readonly openai?: string;
  readonly keyword: boolean;
  readonly history?: string;
  readonly scripts?: string;
  readonly workers?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly printConfig?: boolean;
  readonly exitWithParent?: boolean;
  readonly json?: boolean;
}

function readConfig(path: string): Result<Partial<GatewayConfigInput>> {
  const text = readText(path);
  if (text.kind === 'failed') return text;
  const value = parseYaml(text.value, 'INVALID_CONFIG', path);
  if (value.kind === 'failed') return value;
  // All of its lines may be comments.
  if (value.value === null) return ok({});
  if (typeof value.value !== 'object' || Array.isArray(value.value)) {
    return failed('INVALID_CONFIG', `${path} must hold a mapping of settings`);
  }
  return { kind: 'ok', value: value.value as Partial<GatewayConfigInput> };
}

type Providers = NonNullable<GatewayConfigInput['providers']>;

function providersFrom(options: ServeOptions): Providers | undefined {
  if (options.inference === undefined && options.openai === undefined) {
    if (!options.keyword)
      unwrap(failed('USAGE', '--no-keyword: says nothing without --inference or --openai'));
    return undefined;
  }
  const providers: Providers = [];
  if (options.inference !== undefined) {
    providers.push({ kind: 'grpc', name: 'local', address: options.inference });
  }
  if (options.openai !== undefined)
    providers.push({ kind: 'openai', name: 'openai', baseUrl: options.openai });
  if (options.keyword) providers.push({ kind: 'keyword', name: 'keyword' });
  return providers;
}

/** Single flags, so that each is laid over what the file says of TLS; the schema asks for what is missing. */
function tlsFrom({ tlsCert, tlsKey, tlsClientCa }: ServeOptions): Record<string, string> | undefined {
  const given = Object.entries({ certFile: tlsCert, keyFile: tlsKey, clientCaFile: tlsClientCa }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The options that were given, as configuration; what was not given is absent. */
function flagsFrom(options: ServeOptions): Record<string, unknown> {
  const providers = providersFrom(options);
  const tls = tlsFrom(options);
  return {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.history === undefined ? {} : { history: { kind: 'sqlite' as const, path: options.history } }),
    ...(options.scripts === undefined
      ? {}
      : { dialog: { scripts: { folder: scriptFolderOf(options.scripts) } } }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(tls === undefined ? {} : { tls }),
    ...(providers === undefined ? {} : { providers }),
  };
}

/** `busyhour serve`: runs the gateway until interrupted; a drain is a clean end. */
export const serve: Command<ServeOptions> = async (options, context) => {
  const file = options.config === undefined ? {} : unwrap(readConfig(options.config));
  const what = options.config ?? 'the gateway configuration';
  const sources = { what, file, environment: process.env, flags: flagsFrom(options) };
  const resolved = unwrap(resolveGatewaySettings(sources));
  if (options.printConfig === true) {
    const view = resolvedViewFrom(resolved);
    const workerShares = workerSharesFrom(resolved.config);
    if (options.json === true) return { exitCode: EXIT_CODES.ok, json: { ...view, workerShares } };
    const shares = renderWorkerShares(resolved.config.workers, workerShares);
    process.stdout.write(renderResolvedView(view) + shares);
    return { exitCode: EXIT_CODES.ok };
  }
  const { unusedVariables: variables } = resolved;
  if (variables.length > 0)
    createLogger(resolved.config.logLevel).warn({ variables }, 'variables that name no setting');
  const signal = options.exitWithParent ? signalWithParent(context.signal) : context.signal;
  await runGateway(resolved.config, { signal });
  return { exitCode: EXIT_CODES.ok };
};
