import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReceivedSpan } from '../runtime/telemetry/otlp-receiver.ts';

const RECEIVER = join(import.meta.dirname, '../runtime/telemetry/otlp-receiver.ts');
/** Says its address, then each span in a line as it comes. */
const SCRIPT = `
  const { startOtlpReceiver } = await import(${JSON.stringify(RECEIVER)});
  const receiver = await startOtlpReceiver(200, Number(process.argv[1]));
  const say = (value) => process.stdout.write(JSON.stringify(value, (_key, inner) =>
    typeof inner === 'bigint' ? String(inner) : inner) + '\\n');
  say({ url: receiver.url });
  let told = 0;
  setInterval(() => { while (told < receiver.spans.length) say(receiver.spans[told++]); }, 20);
`;

/** A span as a receiver in another process tells of it: instants are text there. */
export type ToldSpan = Omit<ReceivedSpan, 'startUnixNs' | 'endUnixNs'> & {
  readonly startUnixNs: string;
  readonly endUnixNs: string;
};

export interface OtlpReceiverProcess {
  /** As `telemetry.traces.otlpUrl` takes it. */
  readonly url: string;
  readonly port: number;
  readonly spans: readonly ToldSpan[];
  /** SIGKILL, as of a collector that is gone. */
  close(): Promise<void>;
}

/** A real OTLP/HTTP receiver in a process of its own, on a free port where none is named. */
export async function startOtlpReceiverProcess(port = 0): Promise<OtlpReceiverProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const spans: ToldSpan[] = [];
  const lines = createInterface({ input: child.stdout });
  const [first] = (await once(lines, 'line')) as [string];
  const { url } = JSON.parse(first) as { url: string };
  lines.on('line', (line) => spans.push(JSON.parse(line) as ToldSpan));
  return {
    url,
    port: Number(new URL(url).port),
    spans,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
