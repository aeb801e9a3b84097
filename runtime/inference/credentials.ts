import {
  type ChannelCredentials,
  credentials,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { peerNameFrom } from '../operations/peer.ts';
import type { ClientTls, ServerTls } from '../operations/tls.ts';

/** Plain, TLS, or mutual TLS where client authorities are known. TLS 1.2 is the least: Node's own minimum. */
export function serverCredentialsFrom(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  return ServerCredentials.createSsl(tls.ca ?? null, [pair], tls.ca !== undefined);
}

/** What a client of one server connects with. */
export function channelCredentialsFrom(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

/** Told of each generation by a client that showed a certificate. */
export type OnCaller = (caller: { readonly client: string; readonly method: string }) => void;

/** Names the callers of generations by their certificates; other calls are probes and would fill the log. */
export function createCallerInterceptor(onCaller: OnCaller): ServerInterceptor {
  return (method, call) => {
    if (method.path.includes('/Generate')) {
      const client = peerNameFrom(call.getAuthContext().sslPeerCertificate);
      if (client !== undefined) onCaller({ client, method: method.path });
    }
    return new ServerInterceptingCall(call);
  };
}
