import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ResultFile, ResultStep } from '../../../vocabulary/result-file.ts';
import { MS_PER_S } from '../../../vocabulary/units.ts';
import { histogramSamples, type Sample } from './prometheus-text.ts';
import { toSnappyBlock } from './snappy-block.ts';
import { readFigures } from './step-figures.ts';

/** One series of the remote-write protocol 1.0: samples ascend in time. */
interface Series {
  readonly name: string;
  readonly labels: Sample['labels'];
  readonly points: readonly { readonly atUnixMs: number; readonly value: number }[];
}

type Second = ResultStep['timeline'][number];

const TIMELINE: readonly (readonly [name: string, value: (second: Second) => number])[] = [
  ['busyhour_second_offered_requests', ({ offered }) => offered],
  ['busyhour_second_completed_requests', ({ completed }) => completed],
  ['busyhour_second_unsuccessful_requests', ({ unsuccessful }) => unsuccessful],
  ['busyhour_second_in_flight_requests_max', ({ maxInFlight }) => maxInFlight],
];

/** Every figure once, at the end of its step's window; and the timeline, second by second, where there is one. */
export function seriesOf(result: ResultFile): Series[] {
  return readFigures(result).flatMap(({ labels, figures, distributions, windowToUnixMs }, i) => {
    const atEnd = (sample: Sample): Series => ({
      name: sample.name,
      labels: sample.labels,
      points: [{ atUnixMs: windowToUnixMs, value: sample.value }],
    });
    const timeline = result.steps[i]?.timeline ?? [];
    const perSecond = timeline.length === 0 ? [] : TIMELINE;
    return [
      ...figures.map(atEnd),
      ...distributions.flatMap((each) => histogramSamples(each, labels).map(atEnd)),
      ...perSecond.map(([name, read]) => ({
        name,
        labels,
        points: timeline.map((second) => ({
          atUnixMs: result.startedAtUnixMs + second.atMs + MS_PER_S,
          value: read(second),
        })),
      })),
    ];
  });
}

const LENGTH = WireType.LengthDelimited;

/** Receivers want labels sorted by name, the name of the metric among them. */
function writeLabels(writer: BinaryWriter, { name, labels }: Series): void {
  const sorted = Object.entries({ ...labels, __name__: name }).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [label, value] of sorted) {
    writer.tag(1, LENGTH).fork().tag(1, LENGTH).string(label).tag(2, LENGTH).string(value).join();
  }
}

function writeSamples(writer: BinaryWriter, { points }: Series): void {
  for (const { atUnixMs, value } of points) {
    writer.tag(2, LENGTH).fork();
    writer.tag(1, WireType.Bit64).double(value).tag(2, WireType.Varint).int64(Math.round(atUnixMs)).join();
  }
}

/** A `prometheus.WriteRequest` (remote-write specification 1.0), compressed as the protocol wants it. */
export function encodeRemoteWrite(result: ResultFile): Buffer {
  const writer = new BinaryWriter();
  for (const series of seriesOf(result)) {
    writer.tag(1, LENGTH).fork();
    writeLabels(writer, series);
    writeSamples(writer, series);
    writer.join();
  }
  return toSnappyBlock(writer.finish());
}
