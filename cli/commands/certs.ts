import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT_CODES, failed, ok, type Result, unwrap } from '../../vocabulary/errors.ts';
import { makeFolder } from '../../vocabulary/files.ts';
import type { Command } from '../boundary.ts';

export interface CertsOptions {
  readonly out: string;
  readonly host: readonly string[];
  readonly client: string;
  readonly days: number;
  readonly json?: boolean;
}

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const FILES = ['ca.crt', 'ca.key', 'server.crt', 'server.key', 'client.crt', 'client.key'] as const;
type FileName = (typeof FILES)[number];

async function openssl(args: readonly string[]): Promise<Result<void>> {
  try {
    await run('openssl', [...args]);
    return ok(undefined);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return failed('PROCESS_FAILED', 'openssl is not installed', {
        cause,
        hint: 'Install it (Debian: apt-get install openssl), or make the certificates elsewhere.',
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('PROCESS_FAILED', reason, { cause, hint: 'openssl 1.1.1 or newer is needed.' });
  }
}

const subjectOf = (name: string): string => `/CN=${name.replaceAll(/[/+=\\]/g, '-')}`;

/** A certificate of the authority in the folder, for one use. */
async function issue(
  folder: string,
  who: 'server' | 'client',
  { name, days, extensions }: { name: string; days: number; extensions: readonly string[] },
): Promise<void> {
  const at = (suffix: string): string => join(folder, `${who}.${suffix}`);
  writeFileSync(at('ext'), `${extensions.join('\n')}\n`);
  const authority = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
  const request = ['-keyout', at('key'), '-out', at('csr'), '-subj', subjectOf(name)];
  try {
    unwrap(await openssl(['req', ...KEY, ...request]));
    const certificate = ['-days', String(days), '-extfile', at('ext'), '-out', at('crt')];
    unwrap(await openssl(['x509', '-req', '-in', at('csr'), ...authority, ...certificate]));
  } finally {
    for (const suffix of ['ext', 'csr']) rmSync(at(suffix), { force: true });
  }
}

async function issueAll({ out, host, client, days }: CertsOptions): Promise<void> {
  const authority = ['-keyout', join(out, 'ca.key'), '-out', join(out, 'ca.crt'), '-days', String(days)];
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  unwrap(
    await openssl(['req', '-x509', ...KEY, ...authority, '-subj', '/CN=busyhour test authority', ...usage]),
  );
  const common = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'];
  const names = host.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
  const server = [...common, 'extendedKeyUsage=serverAuth', `subjectAltName=${names}`];
  await issue(out, 'server', { name: host[0] ?? 'localhost', days, extensions: server });
  const extensions = [...common, 'extendedKeyUsage=clientAuth'];
  await issue(out, 'client', { name: client, days, extensions });
  rmSync(join(out, 'ca.srl'), { force: true });
}

function prepare(folder: string): Result<void> {
  const present = FILES.filter((name) => existsSync(join(folder, name)));
  if (present.length > 0) {
    return failed('OUTPUT_NOT_WRITABLE', `${folder} already holds ${present.join(', ')}`, {
      hint: 'Choose another folder with --out: certificates in use are not replaced.',
    });
  }
  try {
    makeFolder(folder);
    return ok(undefined);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed('OUTPUT_NOT_WRITABLE', `cannot make ${folder}: ${reason}`, { cause });
  }
}

/** `busyhour certs`: an authority of one's own with a server's and a client's certificate, made by openssl. For tests. */
export const certs: Command<CertsOptions> = async (options, { say }) => {
  unwrap(prepare(options.out));
  await issueAll(options);
  const files = Object.fromEntries(FILES.map((name) => [name, join(options.out, name)])) as Record<
    FileName,
    string
  >;
  say(
    `Made ${FILES.length} files in ${options.out}, valid for ${options.days} days. They are for tests: the`,
  );
  say('authority has a key without a passphrase. Mutual TLS on a gateway with them:');
  const server = `--tls-cert ${files['server.crt']} --tls-key ${files['server.key']}`;
  say(`  busyhour serve ${server} --tls-client-ca ${files['ca.crt']}`);
  const client = `--cert ${files['client.crt']} --key ${files['client.key']}`;
  say(`  curl --cacert ${files['ca.crt']} ${client} https://localhost:8080/ready`);
  return { exitCode: EXIT_CODES.ok, json: { files, validDays: options.days } };
};
