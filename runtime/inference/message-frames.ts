/** Compressed flag and length, before every message of gRPC. */
const HEAD_BYTES = 5;

/** Puts a message into the frame that it travels in. */
export function frameFrom(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

/** What a peer sent is no sequence of messages that can be taken. */
export type FrameProblem = 'compressed' | 'too_long';

/** Cuts a stream of bytes into the messages of gRPC. A message that came in one piece, as tokens do, is not copied. */
export class MessageFrames {
  readonly #maxBytes: number;
  readonly #onMessage: (message: Buffer) => void;
  /** The beginning of a message whose end is still to come. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #neededBytes = HEAD_BYTES;

  constructor(maxBytes: number, onMessage: (message: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** Gives every message that is whole by now; what follows a problem is not read. */
  push(piece: Buffer): FrameProblem | undefined {
    if (this.#bytes === 0) return this.#cut(piece);
    this.#parts.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes < this.#neededBytes) return undefined;
    const data = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return this.#cut(data);
  }

  #cut(data: Buffer): FrameProblem | undefined {
    for (let at = 0; ; ) {
      const left = data.length - at;
      const lengthBytes = left < HEAD_BYTES ? 0 : data.readUInt32BE(at + 1);
      if (lengthBytes > this.#maxBytes) return 'too_long';
      const frameBytes = HEAD_BYTES + lengthBytes;
      if (left < frameBytes) {
        this.#keep(data.subarray(at), frameBytes);
        return undefined;
      }
      if (data[at] !== 0) return 'compressed';
      this.#onMessage(data.subarray(at + HEAD_BYTES, at + frameBytes));
      at += frameBytes;
    }
  }

  #keep(rest: Buffer, neededBytes: number): void {
    if (rest.length === 0) return;
    this.#parts = [rest];
    this.#bytes = rest.length;
    this.#neededBytes = neededBytes;
  }
}
