import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where connections go. */
export interface Origin {
  readonly isTls: boolean;
  /** Name or address, an IPv6 one without its brackets. */
  readonly host: string;
  readonly port: number;
  /** As the `host` field has it. */
  readonly authority: string;
  /** Trust these authorities (PEM) instead of the machine's. */
  readonly caPem: string | undefined;
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const;

export function originFrom(url: string, caPem?: string): Origin {
  const { protocol, hostname, port, host } = new URL(url);
  const isTls = protocol === 'https:' || protocol === 'wss:';
  return {
    isTls,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORTS[isTls ? 'https:' : 'http:'] : Number(port),
    authority: host,
    caPem,
  };
}

/** What a socket of an origin tells. Bytes are only valid during the call. */
export interface SocketEvents {
  onBytes(bytes: Buffer): void;
}

/**
 * All plain sockets of the process read into this one buffer: a read is handed over before the next begins, so that ten
 * thousand open connections need no buffer each, and no read allocates one.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/** Opens a socket without delaying small writes; the caller listens for its end. */
export function openSocket(origin: Origin, events: SocketEvents): Socket {
  const { host, port, caPem } = origin;
  if (origin.isTls) {
    const socket = connectTls({
      host,
      port,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      ...(caPem === undefined ? {} : { ca: caPem }),
    });
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => events.onBytes(bytes));
    return socket;
  }
  return connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer: READ_BUFFER,
      callback: (length) => {
        events.onBytes(length === READ_BUFFER.length ? READ_BUFFER : READ_BUFFER.subarray(0, length));
        return true;
      },
    },
  });
}
