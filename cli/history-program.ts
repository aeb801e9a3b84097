import type { Command } from 'commander';
import { BusyhourError, createFailure } from '../vocabulary/errors.ts';
import { action, JSON_HELP } from './action.ts';
import { numberOption } from './options.ts';

interface Head {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
}

/** A commander parser for CHAIN:ROW:HASH, as `audit verify` prints heads; repeatable. */
export function collectHeads(text: string, before: readonly Head[] = []): readonly Head[] {
  const [, chain, sequence, hash] = /^([0-9a-f]+):(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (chain === undefined || sequence === undefined || hash === undefined) {
    const message = `--expect-head: expected CHAIN:ROW:HASH as audit verify prints it, got "${text}"`;
    throw new BusyhourError(createFailure('USAGE', message));
  }
  return [...before, { chain, sequence: Number(sequence), hash }];
}

const withHistory = (command: Command): Command =>
  command
    .option('--history <file>', 'SQLite history')
    .option('--postgres-env <name>', 'environment variable with the URL of a PostgreSQL history')
    .option('--secret-env <name>', 'environment variable with the audit secret of the gateways')
    .option('--json', JSON_HELP);

function addAudit(program: Command): void {
  const audit = program.command('audit').description('the hash-chained audit trail of a history');
  withHistory(audit.command('verify'))
    .description('check every chain, and every row of history against it; exit code 50 when broken')
    .option('--expect-head <head...>', 'CHAIN:ROW:HASH that was noted before, repeatable', collectHeads)
    .addHelpText('after', '\nExample:\n  busyhour audit verify --history history.sqlite\n')
    .action(action(async () => (await import('./commands/audit.ts')).auditVerify));
}

const MAX_DAYS = 36_500;
const days = (flag: string) => numberOption(flag, { min: 0, max: MAX_DAYS });

/** The commands for what gateways have stored. */
export function addHistoryCommands(program: Command): void {
  addAudit(program);
  const history = program.command('history').description('remove from a history what should not stay');
  withHistory(history.command('purge'))
    .description('remove what is older than so many days')
    .option('--turns-days <n>', 'whole interactions by their last change', days('--turns-days'))
    .option('--audit-days <n>', 'audit rows', days('--audit-days'))
    .addHelpText('after', '\nExample:\n  busyhour history purge --history history.sqlite --turns-days 90\n')
    .action(action(async () => (await import('./commands/audit.ts')).historyPurge));
  withHistory(history.command('delete-customer'))
    .description('remove the texts and the hash of one customer')
    .option('--customer-id-stdin', 'read the id from standard input, where no process list shows it')
    .option('--hash-secret-env <name>', 'environment variable with the secret of customer hashes')
    .option('--redis-env <name>', 'environment variable with the URL of the Redis that holds working memory')
    .option('--redis-prefix <text>', 'prefix of its keys', 'busyhour:')
    .addHelpText(
      'after',
      '\nExample:\n  printf %s c-17 | busyhour history delete-customer --history history.sqlite --customer-id-stdin\n',
    )
    .action(action(async () => (await import('./commands/delete-customer.ts')).historyDeleteCustomer));
}
