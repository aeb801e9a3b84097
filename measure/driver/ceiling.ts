import { autocannon, type HttpLoad, type HttpPeer, k6, locust, type PeerReading, wrk } from './http-peers.ts';
import type { ClosedReading } from './plans.ts';
import { generate, say, withTruth } from './processes.ts';
import { errorMs, readTruth } from './truth-test.ts';

const CONNECTIONS = 64;
const SPAN_S = 4;
const ROUNDS = 3;
const MS_PER_S = 1_000;

const closed = (url: string, connections: number, spanS: number): Promise<ClosedReading> =>
  generate<ClosedReading>({ kind: 'closed', url, connections, windowMs: spanS * MS_PER_S });

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Ours, autocannon and wrk in turns against one server that answers at once: what one core of a generator carries. */
export async function measureCeiling() {
  return withTruth({ firstTokenMs: 0, isExact: false }, async (origin) => {
    const load: HttpLoad = { url: `${origin}/plain`, connections: CONNECTIONS, spanS: SPAN_S };
    const ours: ClosedReading[] = [];
    const cannon: PeerReading[] = [];
    const wrks: PeerReading[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      say(`ceiling of plain requests, round ${round} of ${ROUNDS}: ours, autocannon, wrk`);
      ours.push(await closed(load.url, CONNECTIONS, SPAN_S));
      cannon.push(await autocannon(load));
      wrks.push(await wrk(load));
    }
    const autocannonRequestsPerS = medianOf(cannon.map(({ requestsPerS }) => requestsPerS ?? Number.NaN));
    const requestsPerS = medianOf(ours.map((reading) => reading.requestsPerS));
    return {
      connections: CONNECTIONS,
      requestsPerS,
      // The generator's core is full or the server's is: per second of its own CPU time the two are one figure.
      requestsPerSPerCore: medianOf(ours.map((reading) => reading.requestsPerCpuS)),
      generatorCores: medianOf(ours.map(({ cores }) => cores)),
      failed: ours.reduce((sum, { failed }) => sum + failed, 0),
      autocannonRequestsPerS,
      ratioToAutocannon: requestsPerS / autocannonRequestsPerS,
      wrkRequestsPerS: medianOf(wrks.map((reading) => reading.requestsPerS ?? Number.NaN)),
      versions: { autocannon: cannon[0]?.version, wrk: wrks[0]?.version },
      ...(wrks[0]?.reason === undefined ? {} : { wrkReason: wrks[0].reason }),
    };
  });
}

const DELAY_MS = 20;
const DELAY_CONNECTIONS = 64;
const PEERS: Readonly<Record<string, HttpPeer>> = { wrk, autocannon, k6, locust };

/** What each tool says of a server whose delay is known: 64 connections, 20 ms. */
export async function measureKnownDelay() {
  return withTruth({ firstTokenMs: DELAY_MS }, async (origin) => {
    const load: HttpLoad = { url: `${origin}/plain`, connections: DELAY_CONNECTIONS, spanS: SPAN_S };
    say(`a known delay of ${DELAY_MS} ms: ours`);
    const ours = await closed(load.url, DELAY_CONNECTIONS, SPAN_S);
    const truth = await readTruth(origin);
    const readings: Record<
      string,
      PeerReading & { readonly errorP50Ms?: number; readonly errorP99Ms?: number }
    > = {};
    for (const [name, peer] of Object.entries(PEERS)) {
      say(`a known delay of ${DELAY_MS} ms: ${name}`);
      const reading = await peer(load);
      readings[name] = {
        ...reading,
        ...(reading.latencyP50Ms === undefined
          ? {}
          : { errorP50Ms: errorMs(reading.latencyP50Ms, truth.answerP50Ms) }),
        ...(reading.latencyP99Ms === undefined
          ? {}
          : { errorP99Ms: errorMs(reading.latencyP99Ms, truth.answerP99Ms) }),
      };
    }
    return {
      truthP50Ms: truth.answerP50Ms,
      truthP99Ms: truth.answerP99Ms,
      wireLatencyP50Ms: ours.wireLatencyP50Ms,
      wireLatencyP99Ms: ours.wireLatencyP99Ms,
      errorP50Ms: errorMs(ours.wireLatencyP50Ms, truth.answerP50Ms),
      errorP99Ms: errorMs(ours.wireLatencyP99Ms, truth.answerP99Ms),
      wireLatencyP50ToWrk: (ours.wireLatencyP50Ms ?? Number.NaN) / (readings.wrk?.latencyP50Ms ?? Number.NaN),
      peers: readings,
    };
  });
}
