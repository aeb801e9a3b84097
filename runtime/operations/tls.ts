import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureVersion } from 'node:tls';
import { failed, type Issue, ok, type Result } from '../../vocabulary/errors.ts';
import type { ClientTlsConfig, ServerTlsConfig } from '../config/tls.ts';

/** PEM texts of a side that listens; `ca` set means that clients must show a certificate. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
  readonly minVersion: SecureVersion;
}

/** PEM texts of a side that connects. */
export interface ClientTls {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** Reads the files that a mapping names; each that cannot be read is a problem of its own. */
function readFiles<Name extends string>(
  files: Readonly<Record<Name, string | undefined>>,
  issues: Issue[],
): Record<Name, Buffer | undefined> {
  const read = (name: string, path: string | undefined): Buffer | undefined => {
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      issues.push({
        path: `tls.${name}`,
        expected: 'a readable PEM file',
        got: cause instanceof Error ? cause.message : String(cause),
        fix: 'correct the path, or let this user read the file',
      });
      return undefined;
    }
  };
  const entries = Object.entries<string | undefined>(files).map(([name, path]) => [name, read(name, path)]);
  return Object.fromEntries(entries) as Record<Name, Buffer | undefined>;
}

/** What OpenSSL says of material that does not fit together, without any of its text. */
function mismatch(material: Parameters<typeof createSecureContext>[0]): string | undefined {
  try {
    createSecureContext(material);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

const unusable = (what: string, issues: readonly Issue[]): Result<never> =>
  failed('INVALID_CONFIG', `the TLS files of ${what} cannot be used`, { issues });

const wrongMaterial = (reason: string): Issue => ({
  path: 'tls',
  expected: 'certificates and a private key in PEM that belong together',
  got: reason,
  fix: 'give the certificate that was made for this key; busyhour certs makes a set for tests',
});

/** Reads and checks the certificates of a listening side. They are read once: a restart takes new ones. */
export function readServerTls(config: ServerTlsConfig, what: string): Result<ServerTls> {
  const issues: Issue[] = [];
  const { certFile, keyFile, clientCaFile } = config;
  const files = readFiles({ certFile, keyFile, clientCaFile }, issues);
  const { certFile: cert, keyFile: key, clientCaFile: ca } = files;
  if (issues.length > 0 || cert === undefined || key === undefined) return unusable(what, issues);
  const reason = mismatch({ cert, key, ...(ca === undefined ? {} : { ca }) });
  if (reason !== undefined) return unusable(what, [wrongMaterial(reason)]);
  return ok({ cert, key, ca, minVersion: config.minVersion });
}

/** Reads and checks the certificates of a connecting side. */
export function readClientTls(config: ClientTlsConfig, what: string): Result<ClientTls> {
  const issues: Issue[] = [];
  const { caFile, certFile, keyFile } = config;
  const { caFile: ca, certFile: cert, keyFile: key } = readFiles({ caFile, certFile, keyFile }, issues);
  if (issues.length > 0) return unusable(what, issues);
  const reason = mismatch({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return reason === undefined ? ok({ ca, cert, key }) : unusable(what, [wrongMaterial(reason)]);
}
