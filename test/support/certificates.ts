import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certs } from '../../cli/commands/certs.ts';
import { findBinary } from './server-process.ts';

/** Path of openssl; undefined when this machine has none. */
export const opensslBinary = (): string | undefined => findBinary('openssl');

/** Certificates as `busyhour certs` makes them, by path. */
export interface TestCertificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  close(): Promise<void>;
}

/** Makes an authority with a server's and a client's certificate in a folder of its own. */
export async function makeCertificates(client = 'agent-7'): Promise<TestCertificates> {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-certs-'));
  const out = join(folder, 'certs');
  const options = { out, host: ['localhost', '127.0.0.1'], client, days: 1 };
  await certs(options, { signal: new AbortController().signal, say: () => undefined });
  return {
    ca: join(out, 'ca.crt'),
    serverCert: join(out, 'server.crt'),
    serverKey: join(out, 'server.key'),
    clientCert: join(out, 'client.crt'),
    clientKey: join(out, 'client.key'),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const pem = (path: string): Buffer => readFileSync(path);
