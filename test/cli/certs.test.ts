import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certs } from '../../cli/commands/certs.ts';
import { opensslBinary } from '../support/certificates.ts';

const context = { signal: new AbortController().signal, say: () => undefined };

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busyhour-certs-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'out');
}

const optionsFor = (out: string) => ({
  out,
  host: ['gate.example', '127.0.0.1'],
  client: 'agent 1',
  days: 2,
});

describe.skipIf(opensslBinary() === undefined)('busyhour certs (skipped without openssl)', () => {
  it('makes certificates of one authority, each for its use, with keys that only their owner reads', async () => {
    const out = scratch();
    await certs(optionsFor(out), context);
    const read = (name: string) => new X509Certificate(readFileSync(join(out, name)));
    const [ca, server, client] = [read('ca.crt'), read('server.crt'), read('client.crt')];
    expect(ca.ca).toBe(true);
    for (const certificate of [server, client]) {
      expect(certificate.ca).toBe(false);
      expect(certificate.verify(ca.publicKey)).toBe(true);
      const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
      expect(days).toBeCloseTo(2);
    }
    expect(server.checkHost('gate.example')).toBe('gate.example');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(client.subject).toBe('CN=agent 1');
    // Object identifiers of server and client authentication, RFC 5280.
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    for (const key of ['ca.key', 'server.key', 'client.key']) {
      expect(statSync(join(out, key)).mode & 0o077).toBe(0);
    }
    expect(readdirSync(out)).toHaveLength(6);
  });

  it('replaces nothing', async () => {
    const out = scratch();
    await certs(optionsFor(out), context);
    const before = readFileSync(join(out, 'ca.key'), 'utf8');
    await expect(certs(optionsFor(out), context)).rejects.toMatchObject({
      failure: { code: 'OUTPUT_NOT_WRITABLE' },
    });
    expect(readFileSync(join(out, 'ca.key'), 'utf8')).toBe(before);
  });
});

it('says so when openssl is missing', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  onTestFinished(() => {
    process.env.PATH = path;
  });
  await expect(certs(optionsFor(scratch()), context)).rejects.toMatchObject({
    failure: { code: 'PROCESS_FAILED', message: 'openssl is not installed' },
  });
});
