import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  Server as GrpcServer,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  type status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that misbehaves in another way with each interaction, and remembers the ways in their order. */
export interface FaultServer {
  readonly url: string;
  /** Name of the fault that each interaction met; emptied by whoever counts anew. */
  readonly met: string[];
  close(): Promise<void>;
}

type Faults<Act> = readonly (readonly [name: string, act: Act])[];

/** Takes the faults in turn. */
function inTurn<Act>(faults: Faults<Act>, met: string[]): () => readonly [string, Act] {
  return () => {
    const next = faults[met.length % faults.length];
    if (next === undefined) throw new Error('no faults were given');
    met.push(next[0]);
    return next;
  };
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

/** Keeps the connections of a server, for those that an upgrade takes out of its hands. */
function keepConnections(server: { on(event: 'connection', take: (socket: Socket) => void): unknown }) {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A client that gives up resets the connection: that is what these servers provoke.
    socket.on('error', () => {});
  });
  return {
    destroyAll: (): void => {
      for (const socket of open) socket.destroy();
    },
  };
}

export type RawFault = (socket: Socket) => void;

/** Listens on a free port; closing cuts what is open. */
async function listening(server: Server): Promise<Pick<FaultServer, 'url' | 'close'>> {
  const connections = keepConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    connections.destroyAll();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, close };
}

/** Bytes on a bare connection, one request each. */
export async function serveRaw(faults: Faults<RawFault>): Promise<FaultServer> {
  const met: string[] = [];
  const next = inTurn(faults, met);
  const server = createRawServer((socket) => {
    socket.once('data', () => next()[1](socket));
  });
  return { ...(await listening(server)), met };
}

/** What becomes of an interaction's opening, its turn over HTTP or its socket; what is absent goes well. */
export interface DialogFault {
  readonly opening?: (response: ServerResponse) => void;
  readonly turn?: (response: ServerResponse) => void;
  readonly upgrade?: (socket: Socket) => void;
  readonly socket?: (socket: WebSocket) => void;
}

/** The dialog API: an interaction is called by the number of its fault. */
export async function serveDialog(faults: Faults<DialogFault>): Promise<FaultServer> {
  const met: string[] = [];
  const next = inTurn(faults, met);
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'busyhour.v1' });
  const faultOf = (url = ''): DialogFault =>
    faults[Number(/interactions\/(\d+)\//.exec(url)?.[1])]?.[1] ?? {};
  const open = (response: ServerResponse): void => {
    const [name, { opening }] = next();
    if (opening !== undefined) opening(response);
    else
      response.end(JSON.stringify({ interactionId: String(faults.findIndex(([known]) => known === name)) }));
  };
  const server = createServer((request: IncomingMessage, response) => {
    request.resume().once('end', () => {
      if (request.url === '/v1/interactions') open(response);
      else faultOf(request.url).turn?.(response);
    });
  });
  server.on('upgrade', (request, socket: Socket, head) => {
    const { upgrade, socket: act } = faultOf(request.url);
    if (upgrade !== undefined) upgrade(socket);
    else
      sockets.handleUpgrade(request, socket, head, (opened) => opened.once('message', () => act?.(opened)));
  });
  return { ...(await listening(server)), met };
}

const PROTO = fileURLToPath(new URL('../../../runtime/inference/proto/inference.proto', import.meta.url));

export type GrpcFault = (call: ServerWritableStream<unknown, object>, server: GrpcServer) => void;

/** Ends a call with a status of its own. */
export const endWith = (code: status, details: string): GrpcFault => {
  return (call) => call.emit('error', Object.assign(new Error(details), { code, details }));
};

/** The token stream of an inference server. */
export async function serveGrpc(faults: Faults<GrpcFault>): Promise<FaultServer> {
  const met: string[] = [];
  const next = inTurn(faults, met);
  const server = new GrpcServer();
  const definition = loadSync(PROTO, { keepCase: true, defaults: true, oneofs: true, enums: String });
  const service = definition['busyhour.inference.v1.Inference'] as ServiceDefinition;
  const GenerateStream = (call: ServerWritableStream<unknown, object>): void => next()[1](call, server);
  server.addService(service, { GenerateStream } as unknown as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { url: `http://127.0.0.1:${port}`, met, close: async () => server.forceShutdown() };
}
