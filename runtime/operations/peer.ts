import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** Who a verified client certificate names: its common name, else its whole subject. */
export function peerNameFrom(certificate: PeerCertificate | undefined): string | undefined {
  const subject = certificate?.subject;
  if (subject === undefined) return undefined;
  const names = subject.CN ?? Object.values(subject).flat().join(', ');
  const name = Array.isArray(names) ? names.join(', ') : names;
  return name === '' ? undefined : name;
}

/** Names by connection: read once per handshake, because a closed connection no longer knows its certificate. */
const names = new WeakMap<Socket, string>();

/** Call for each connection whose handshake is done. */
export function rememberPeer(socket: TLSSocket): void {
  if (!socket.authorized) return;
  const name = peerNameFrom(socket.getPeerCertificate());
  if (name !== undefined) names.set(socket, name);
}

/** The name in the client certificate of a connection; undefined without mutual TLS. */
export const peerNameOf = (socket: Socket): string | undefined => names.get(socket);
