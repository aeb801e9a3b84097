import { describe, expect, it } from 'vitest';
import { refuseIdleFlags } from '../../cli/bench/idle-flags.ts';
import type { BenchOptions } from '../../cli/bench/options.ts';
import { runOptionsFrom } from '../../cli/bench/run-options.ts';
import { replayFrom } from '../../cli/bench/trace.ts';

const options = (given: Partial<BenchOptions>): BenchOptions => ({
  args: [],
  url: ['http://127.0.0.1:8080'],
  out: 'result.json',
  engine: 'native',
  ...given,
});

describe('flags of a trace', () => {
  it('thin it, and say whose clients of a ServeGen trace are meant', () => {
    const replay = replayFrom(
      options({ keepRatio: 0.25, servegenModel: 'm-large', servegenFromS: 1_200, seed: 7 }),
      'trace.csv.gz',
    );
    expect(replay).toMatchObject({
      tracePath: 'trace.csv.gz',
      keepRatio: 0.25,
      speedUp: 1,
      reading: { servegen: { model: 'm-large', fromS: 1_200, forS: 600, seed: 7 } },
    });
    const plain = replayFrom(options({}), 'trace.csv');
    expect(plain).not.toHaveProperty('reading');
    expect(plain).not.toHaveProperty('keepRatio');
  });
});

describe('a process to watch', () => {
  const context = { say: () => {}, signal: new AbortController().signal };
  const watching = (pid: number) => runOptionsFrom(options({ watch: [`target=${pid}`] }), context);

  it.skipIf(process.platform !== 'linux')('is there, or refused', () => {
    expect(watching(process.pid).metricsUrls).toContainEqual({ process: 'target', pid: process.pid });
    // No Linux has a PID above 2²² (proc(5), pid_max).
    expect(() => watching(4_194_305)).toThrow('there is no process 4194305');
  });
});

describe('flags that would say nothing', () => {
  it.each<[Partial<BenchOptions>, string]>([
    [{ keepRatio: 0.5, servegenModel: 'm' }, '--keep-ratio, --servegen-model: say nothing without --trace'],
    [{ speedUp: 3 }, '--speed-up: says nothing without --trace'],
    [{ trace: 't.csv', servegenForS: 60 }, '--servegen-for-s: says nothing without --servegen-model'],
    [{ trace: 't.csv', servegenFromS: 60 }, '--servegen-from-s: says nothing without --servegen-model'],
    [{ trace: 't.csv', args: ['smoke'], rate: 5 }, 'a scenario, --rate: say nothing with --trace'],
    [{ trace: 't.csv', bUrl: 'http://127.0.0.1:1' }, '--b-url: says nothing with --trace'],
    [{ trace: 't.csv', schedule: 's.jsonl' }, '--schedule: says nothing with --trace'],
    [{ trace: 't.csv', pid: ['a=1'] }, '--pid: says nothing with --trace'],
    [{ schedule: 's.jsonl', seed: 3 }, '--seed: says nothing with --schedule'],
    [{ schedule: 's.jsonl', bModel: 'm' }, '--b-model: says nothing with --schedule'],
    [
      { engine: 'autocannon', rate: 5, shard: '1/2' },
      '--rate, --shard: say nothing with --engine autocannon',
    ],
    [{ engine: 'autocannon', generatorThreads: 2 }, '--generator-threads: says nothing with --engine'],
    [{ engine: 'autocannon', trace: 't.csv' }, '--trace: says nothing with --engine autocannon'],
    [{ rate: 5, blocks: 3 }, '--blocks: says nothing without --b-url'],
    [{ rate: 5, confidence: 0.9 }, '--confidence: says nothing with --rate'],
    [{ rate: 5, bModel: 'm', replications: 3 }, '--replications: says nothing in a comparison'],
  ])('are refused by name: %j', (given, message) => {
    expect(() => refuseIdleFlags(options(given))).toThrow(message);
  });

  it.each<Partial<BenchOptions>>([
    { rate: 5, generatorThreads: 2, shard: '1/2', allowCommands: false },
    { args: ['smoke'], confidence: 0.9 },
    { rate: 5, bModel: 'm', blocks: 4 },
    { trace: 't.csv', speedUp: 3, keepRatio: 0.5, durationS: 5, seed: 2, generatorThreads: 2 },
    { trace: 't.csv', servegenModel: 'm', servegenForS: 60 },
    { schedule: 's.jsonl', faultProxy: ['a=1:b:2'], shard: '1/2' },
    { engine: 'autocannon', args: ['smoke'], concurrency: 4, durationS: 5 },
  ])('are none of these: %j', (given) => {
    expect(() => refuseIdleFlags(options(given))).not.toThrow();
  });
});
