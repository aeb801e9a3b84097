import { WebSocket } from 'ws';
import { serverFrameSchema } from '../../../runtime/gateway/socket/frames.ts';
import type { RunningGateway } from '../../../runtime/gateway/start-gateway.ts';
import { until } from './gateway-rig.ts';

/** A frame as received; tests read many shapes. */
// biome-ignore lint/suspicious/noExplicitAny: frames are read as data
export type Received = any;

/** A real WebSocket client that keeps what it got and holds every frame against the documented schema. */
export class SocketClient {
  readonly frames: Received[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  refused: { status: number; body: Received } | undefined;

  constructor(
    gateway: RunningGateway,
    id: string,
    options: { headers?: Record<string, string>; protocols?: string[] } = {},
  ) {
    const url = `${gateway.url.replace('http', 'ws')}/v1/interactions/${id}/socket`;
    this.socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
    this.socket.on('message', (data) => this.frames.push(serverFrameSchema.parse(JSON.parse(String(data)))));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        this.refused = { status: response.statusCode ?? 0, body: JSON.parse(text) };
        this.socket.terminate();
      });
    });
    this.socket.on('error', () => undefined);
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  of(type: string): Received[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  async until(type: string, frames = 1, limitMs = 5000): Promise<Received> {
    await until(() => this.of(type).length >= frames, `${frames} ${type}`, limitMs);
    return this.of(type)[frames - 1];
  }

  async untilClosed(limitMs = 5000): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined, 'the close', limitMs);
    return this.closed ?? { code: 0, reason: '' };
  }

  /** Ids of events, in the order of arrival. */
  get ids(): number[] {
    return this.frames.flatMap(({ id }) => (id === undefined ? [] : [id]));
  }

  /** The texts of one answer, joined. */
  textOf(messageId: string): string {
    return this.of('text')
      .filter((frame) => frame.messageId === messageId)
      .map(({ text }) => text)
      .join('');
  }

  async close(): Promise<void> {
    this.socket.terminate();
  }
}
