import type { IncomingMessage, Server } from 'node:http';
import { rememberPeer } from './peer.ts';
import type { ServerTls } from './tls.ts';

/**
 * The part of the HTTP framework's options that makes it listen with TLS; empty for plain HTTP. `maxHeaderSize` goes with
 * it, because the framework hands the options of plain servers to plain servers only.
 */
export const listenerOptionsFrom = (
  tls: ServerTls | undefined,
  maxHeaderSize: number,
  shouldUpgradeCallback: (request: IncomingMessage) => boolean,
): object =>
  tls === undefined
    ? { http: { maxHeaderSize, shouldUpgradeCallback } }
    : {
        https: {
          maxHeaderSize,
          shouldUpgradeCallback,
          cert: tls.cert,
          key: tls.key,
          minVersion: tls.minVersion,
          ...(tls.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
        },
      };

/** Keeps the names of clients for the log, and tells of handshakes that failed: they never become requests. */
export function watchHandshakes(server: Server, onFailure: (reason: string) => void): void {
  server.on('secureConnection', rememberPeer);
  server.on('tlsClientError', (error: Error) => onFailure(error.message));
}
