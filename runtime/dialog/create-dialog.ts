import type { Clock } from '../../vocabulary/clock.ts';
import { unwrap } from '../../vocabulary/errors.ts';
import type { GatewayConfig } from '../config.ts';
import { createConfiguredRedactor } from '../privacy/create-redactor.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { DialogDependencies } from './dependencies.ts';
import type { DialogObserver } from './dialog-observer.ts';
import { ScriptLibrary } from './script/script-library.ts';

interface DialogSurroundings {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly history: HistoryStore;
  readonly dialogObserver: DialogObserver;
  readonly log: (level: 'info' | 'error', details: Readonly<Record<string, unknown>>, text: string) => void;
}

export type DialogExtras = Pick<
  DialogDependencies,
  'scripts' | 'redactor' | 'sendOriginalToProviders' | 'dialogObserver' | 'customerHashSecret'
>;

/** Keys the hash of customer ids; without a variable that holds it, a fixed text that guards against nobody. */
const hashSecretOf = ({ customerHashEnv }: GatewayConfig, environment: NodeJS.ProcessEnv): string =>
  environment[customerHashEnv ?? ''] ?? 'busyhour';

async function openScripts(
  config: GatewayConfig,
  { clock, environment, history, dialogObserver, log }: DialogSurroundings,
): Promise<ScriptLibrary | undefined> {
  if (config.dialog.scripts === undefined) return undefined;
  const activated = (version: string, reason: string): void => {
    log('info', { script: version, reason }, 'script activated');
    const decisions = [{ step: 'script', outcome: `version:${version}`, reason }];
    const entry = {
      kind: 'script_activated',
      atUnixMs: clock.unixMs(),
      tenant: 'default',
      decisions,
    } as const;
    history
      .appendAudit([entry])
      .catch((error: unknown) =>
        log('error', { err: error, script: version }, 'script activation not audited'),
      );
  };
  const library = await ScriptLibrary.open({
    config: config.dialog.scripts,
    clock,
    customerHashSecret: hashSecretOf(config, environment),
    observer: {
      scriptLoaded: (result) => dialogObserver.scriptLoaded(result),
      scriptActivated: activated,
      scriptProblem: (version, problem) => log('error', { script: version, problem }, 'script not taken'),
    },
  });
  return unwrap(library);
}

/**
 * What the dialog has beyond the gateway's own parts. Throws BusyhourError when the script folder holds nothing that
 * can run. The caller closes `scripts`.
 */
export async function openDialogExtras(
  config: GatewayConfig,
  surroundings: DialogSurroundings,
): Promise<DialogExtras> {
  const scripts = await openScripts(config, surroundings);
  return {
    ...(scripts === undefined ? {} : { scripts }),
    redactor: createConfiguredRedactor(config.privacy),
    sendOriginalToProviders: config.privacy.sendOriginalToProviders,
    dialogObserver: surroundings.dialogObserver,
    customerHashSecret: hashSecretOf(config, surroundings.environment),
  };
}
