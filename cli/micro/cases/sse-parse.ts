import { SseScanner } from '../../../bench/drive/sse-scanner.ts';
import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { parseSse } from '../../../runtime/llm/sse-parse.ts';

const EVENTS = 256;
const EVENTS_PER_READ = 4;
const EVENT =
  'data: {"id":"chatcmpl-micro","object":"chat.completion.chunk","created":0,"model":"m","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n';

/** A stream as it comes off a socket: a few events a read, cut inside one. */
function readsOfStream(): Buffer[] {
  const bytes = Buffer.from(EVENT.repeat(EVENTS));
  const readBytes = EVENT.length * EVENTS_PER_READ + 7;
  return Array.from({ length: Math.ceil(bytes.length / readBytes) }, (_, i) =>
    bytes.subarray(i * readBytes, (i + 1) * readBytes),
  );
}

async function* streamOf(reads: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  for (const read of reads) yield read;
}

/** One event of a vendor's stream, as the gateway reads it. */
export const sseParse: MicroCase = {
  name: 'sse-parse',
  prepare: () => {
    const reads = readsOfStream();
    return {
      operationsPerCall: EVENTS,
      run: async () => {
        let chars = 0;
        for await (const data of parseSse(streamOf(reads))) chars += data.length;
        return chars;
      },
    };
  },
};

/** One event of a target's stream, as the bench reads it. */
export const sseScan: MicroCase = {
  name: 'sse-scan',
  prepare: () => {
    const reads = readsOfStream();
    return {
      operationsPerCall: EVENTS,
      run: () => {
        let chars = 0;
        const scanner = new SseScanner((data) => {
          chars += data.length;
        });
        for (const read of reads) scanner.push(read);
        return chars;
      },
    };
  },
};
