import { availableParallelism, loadavg } from 'node:os';
import { measureCapacity, measureSaturation } from './capacity.ts';
import { measureOverload } from './overload.ts';
import { type Added, measureAdded } from './paired.ts';
import { canPin, peakRssMiBOf } from './processes.ts';
import { percentileOf } from './reading.ts';
import { measureRelay, TOKEN_GAP_MS } from './streams.ts';
import {
  buildGateway,
  type Features,
  startGrpcStub,
  startHttpStub,
  startMeasuredGateway,
  startPortkey,
  type Target,
} from './targets.ts';

const STUB_DELAY_MS = 60;
const STARTS = 5;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Median time from the start of the process to its ready line, ms. */
async function measureStarts(features: Features): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < STARTS; run++) {
    const gateway = await startMeasuredGateway({ kind: 'keyword', name: 'keyword' }, features);
    times.push(gateway.startToReadyMs);
    await gateway.stop();
  }
  return Math.round(percentileOf(times, 50));
}

async function measureStreaming(features: Features) {
  const stub = await startGrpcStub(TOKEN_GAP_MS);
  const gateway = await startMeasuredGateway({ kind: 'grpc', name: 'stub', address: stub.address }, features);
  try {
    say(`streams, features ${features}`);
    const relay = await measureRelay(gateway, stub);
    return { ...relay, peakRssMB: peakRssMiBOf(gateway.pid) };
  } finally {
    await gateway.stop();
    await stub.stop();
  }
}

interface Whole {
  readonly added: Record<'on' | 'off' | 'portkey', Added>;
  readonly on: Awaited<ReturnType<typeof measureOn>>;
  readonly off: Awaited<ReturnType<typeof measureCapacity>>;
  readonly portkey: Awaited<ReturnType<typeof measureCapacity>>;
}

async function measureOn(on: Target, direct: Target) {
  say('capacity, features on');
  const capacity = await measureCapacity(on, direct);
  say('saturation and overload, features on');
  const saturationPerS = await measureSaturation(on, capacity.requestsPerS);
  const overload = await measureOverload(on, saturationPerS);
  return { capacity, overload, peakRssMB: peakRssMiBOf(on.pid) };
}

async function measureWhole(): Promise<Whole> {
  const direct = await startHttpStub(STUB_DELAY_MS);
  const provider = { kind: 'openai' as const, name: 'stub', baseUrl: `${direct.url}/v1`, model: 'stub' };
  const on = await startMeasuredGateway(provider, 'on');
  const off = await startMeasuredGateway(provider, 'off');
  const portkey = await startPortkey(direct.url);
  try {
    say('added latency, pairs of blocks');
    const added = await measureAdded(direct, { on, off, portkey });
    const measuredOn = await measureOn(on, direct);
    say('capacity, features off');
    const measuredOff = await measureCapacity(off, direct);
    say('capacity, Portkey');
    const measuredPortkey = await measureCapacity(portkey, direct);
    return { added, on: measuredOn, off: measuredOff, portkey: measuredPortkey };
  } finally {
    for (const target of [portkey, off, on, direct]) await target.stop();
  }
}

const addedFigures = ({ p50Ms, p99Ms }: Added) => ({
  addedP50Ms: p50Ms.median,
  addedP50IntervalMs: [p50Ms.low, p50Ms.high],
  addedP99Ms: p99Ms.median,
  addedP99IntervalMs: [p99Ms.low, p99Ms.high],
});

/**
 * The gateway before a vendor that answers in 60 ms and an inference server that paces tokens, all on loopback: the gateway on one
 * core, generator and stubs on the other, each block beside a direct one of the same arrivals, and the Portkey gateway in the
 * same place. Top level: authentication, limits, budget, metrics, log, audit in SQLite on. About ten minutes. Linux.
 */
export async function measureGateway(): Promise<Record<string, unknown>> {
  buildGateway();
  const startToReadyMs = await measureStarts('on');
  const startOffMs = await measureStarts('off');
  const whole = await measureWhole();
  const streams = await measureStreaming('on');
  const streamsOff = await measureStreaming('off');
  const { on, off, portkey, added } = whole;
  return {
    cores: availableParallelism(),
    isPinned: canPin,
    loadAverage1Min: loadavg()[0],
    requestsPerSPerCore: on.capacity.requestsPerS,
    requestsLimitedBy: on.capacity.limitedBy,
    cpuMsPerRequest: on.capacity.cpuMsPerRequest,
    ...addedFigures(added.on),
    tokensPerSPerCore: streams.tokensPerS,
    tokensPerCpuS: streams.tokensPerCpuS,
    addedItlP99Ms: streams.addedItlP99Ms,
    directItlP99Ms: streams.directItlP99Ms,
    peakRssMB: Math.max(on.peakRssMB, streams.peakRssMB),
    startToReadyMs,
    ...on.overload,
    ratioToPortkey: on.capacity.requestsPerS / portkey.requestsPerS,
    off: {
      requestsPerSPerCore: off.requestsPerS,
      requestsLimitedBy: off.limitedBy,
      cpuMsPerRequest: off.cpuMsPerRequest,
      ...addedFigures(added.off),
      tokensPerSPerCore: streamsOff.tokensPerS,
      tokensPerCpuS: streamsOff.tokensPerCpuS,
      addedItlP99Ms: streamsOff.addedItlP99Ms,
      directItlP99Ms: streamsOff.directItlP99Ms,
      startToReadyMs: startOffMs,
    },
    portkey: {
      requestsPerSPerCore: portkey.requestsPerS,
      requestsLimitedBy: portkey.limitedBy,
      cpuMsPerRequest: portkey.cpuMsPerRequest,
      ...addedFigures(added.portkey),
    },
  };
}
