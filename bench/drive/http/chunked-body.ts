import { MalformedHttp } from './response-head.ts';

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;
/** 13 hexadecimal digits are 2^52: all that a number holds exactly. */
const MAX_SIZE_DIGITS = 13;
/** Chunk extensions and trailer fields are passed over, but not for ever. */
const MAX_PASSED_OVER_BYTES = 65_536;

type State = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'ended';

/** Value of a hexadecimal digit, −1 for any other byte. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Takes the chunked coding (RFC 9112, 7.1) off a body that may be cut anywhere. Throws MalformedHttp. */
export class ChunkedBody {
  readonly #onData: (bytes: Buffer) => void;
  #state: State = 'size';
  #sizeBytes = 0;
  #digits = 0;
  #leftBytes = 0;
  #passedOverBytes = 0;
  /** Bytes of the trailer line so far, its end not counted, and whether a CR awaits its LF. */
  #lineBytes = 0;
  #isAfterCr = false;

  constructor(onData: (bytes: Buffer) => void) {
    this.#onData = onData;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  reset(): void {
    this.#state = 'size';
    this.#sizeBytes = 0;
    this.#digits = 0;
    this.#passedOverBytes = 0;
    this.#lineBytes = 0;
    this.#isAfterCr = false;
  }

  /** Reads from `from` on and returns where it stopped: at the end of the bytes, of the body, or when told to stop. */
  read(bytes: Buffer, from: number, isStopped: () => boolean): number {
    let at = from;
    while (at < bytes.length && this.#state !== 'ended') {
      if (this.#state !== 'data') {
        this.#take(bytes[at++] ?? 0);
        continue;
      }
      const to = Math.min(bytes.length, at + this.#leftBytes);
      this.#leftBytes -= to - at;
      if (this.#leftBytes === 0) this.#state = 'data-cr';
      this.#onData(bytes.subarray(at, to));
      at = to;
      if (isStopped()) return at;
    }
    return at;
  }

  #take(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(byte);
        break;
      case 'extension':
        this.#passOver();
        if (byte === CARRIAGE_RETURN) this.#state = 'size-end';
        else if (byte === LINE_FEED) throw new MalformedHttp('a bare line feed in a chunk extension');
        break;
      case 'size-end':
        expectByte(byte, LINE_FEED);
        this.#beginChunk();
        break;
      case 'data-cr':
        expectByte(byte, CARRIAGE_RETURN);
        this.#state = 'data-lf';
        break;
      case 'data-lf':
        expectByte(byte, LINE_FEED);
        this.#state = 'size';
        break;
      default:
        this.#takeTrailer(byte);
    }
  }

  #takeSize(byte: number): void {
    const value = hexValue(byte);
    if (value >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new MalformedHttp('a chunk size that is too large');
      this.#sizeBytes = this.#sizeBytes * 16 + value;
      return;
    }
    if (this.#digits === 0) throw new MalformedHttp('a chunk without a size');
    if (byte === CARRIAGE_RETURN) this.#state = 'size-end';
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = 'extension';
    else throw new MalformedHttp('a chunk size that is no number');
  }

  #beginChunk(): void {
    this.#leftBytes = this.#sizeBytes;
    this.#state = this.#sizeBytes === 0 ? 'trailer' : 'data';
    this.#sizeBytes = 0;
    this.#digits = 0;
    this.#passedOverBytes = 0;
  }

  /** Trailer fields end with an empty line. */
  #takeTrailer(byte: number): void {
    this.#passOver();
    if (this.#isAfterCr) {
      expectByte(byte, LINE_FEED);
      this.#isAfterCr = false;
      if (this.#lineBytes === 0) this.#state = 'ended';
      this.#lineBytes = 0;
    } else if (byte === CARRIAGE_RETURN) this.#isAfterCr = true;
    else if (byte === LINE_FEED) throw new MalformedHttp('a bare line feed in a trailer');
    else this.#lineBytes++;
  }

  #passOver(): void {
    if (++this.#passedOverBytes > MAX_PASSED_OVER_BYTES) {
      throw new MalformedHttp('extensions or trailers that are too long');
    }
  }
}

function expectByte(byte: number, expected: number): void {
  if (byte !== expected) throw new MalformedHttp('a chunk that does not end where its size says');
}
