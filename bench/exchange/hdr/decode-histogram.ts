import { inflateSync } from 'node:zlib';
import { build, decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** Counts are kept as 64-bit floats: exact up to 2⁵³, and histograms of other tools may pass 2³². */
const COUNT_BITS = 64;

/** First words of the encodings, without the digit that gives the width of a count: HdrHistogram's AbstractHistogram. */
const V0_COMPRESSED = 0x1c849309;
const V0_PLAIN = 0x1c849308;
const V1_COMPRESSED = 0x1c849302;
const V1_PLAIN = 0x1c849301;
const V2_COMPRESSED = 0x1c849304;
const WIDTH_BITS = 0xf0;

const baseOf = (cookie: number): number => (cookie & ~WIDTH_BITS) >>> 0;
/** The lowest bit of the digit is a flag. */
const widthOf = (cookie: number): number => ((cookie & WIDTH_BITS) >> 4) & 0xe;

interface Layout {
  readonly digits: number;
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly countsFrom: number;
  readonly countsTo: number;
}

function layoutV0(bytes: Buffer): Layout {
  return {
    digits: bytes.readInt32BE(4),
    lowest: bytes.readBigInt64BE(8),
    highest: bytes.readBigInt64BE(16),
    countsFrom: 32,
    countsTo: bytes.length,
  };
}

function layoutV1(bytes: Buffer): Layout {
  if (bytes.readInt32BE(8) !== 0) throw new RangeError('shifted histograms are not supported');
  const countsFrom = 40;
  return {
    digits: bytes.readInt32BE(12),
    lowest: bytes.readBigInt64BE(16),
    highest: bytes.readBigInt64BE(24),
    countsFrom,
    countsTo: Math.min(bytes.length, countsFrom + bytes.readInt32BE(4)),
  };
}

function layoutOf(bytes: Buffer, cookie: number): Layout {
  if (baseOf(cookie) === V0_PLAIN) return layoutV0(bytes);
  if (baseOf(cookie) === V1_PLAIN) return layoutV1(bytes);
  throw new RangeError('not a histogram of version 0 or 1 inside');
}

const READERS: Readonly<Record<number, (bytes: Buffer, at: number) => number>> = {
  2: (bytes, at) => bytes.readInt16BE(at),
  4: (bytes, at) => bytes.readInt32BE(at),
  8: (bytes, at) => Number(bytes.readBigInt64BE(at)),
};

type Indexed = Histogram & { valueFromIndex(index: number): number };

/** Versions 0 and 1 hold one count of fixed width for each bucket. */
function decodeFixedWidth(bytes: Buffer): Histogram {
  const cookie = bytes.readInt32BE(0);
  const { digits, lowest, highest, countsFrom, countsTo } = layoutOf(bytes, cookie);
  const width = widthOf(cookie);
  const read = READERS[width];
  if (read === undefined) throw new RangeError(`counts of ${width} bytes are not supported`);
  const histogram = build({
    bitBucketSize: COUNT_BITS,
    lowestDiscernibleValue: Number(lowest),
    highestTrackableValue: Number(highest),
    numberOfSignificantValueDigits: digits as 1 | 2 | 3 | 4 | 5,
  }) as Indexed;
  for (let at = countsFrom, index = 0; at + width <= countsTo; at += width, index++) {
    const count = read(bytes, at);
    if (count > 0) histogram.recordValueWithCount(histogram.valueFromIndex(index), count);
  }
  return histogram;
}

/**
 * A histogram from its compressed base64, of encoding version 0, 1 or 2. Throws where the text is none of them, or says
 * something that cannot be.
 */
export function decodeHdrHistogram(text: string): Histogram {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < 8) throw new RangeError('too short for a histogram');
  const base = baseOf(bytes.readInt32BE(0));
  if (base === V2_COMPRESSED) return decodeFromCompressedBase64(text, COUNT_BITS);
  if (base !== V1_COMPRESSED && base !== V0_COMPRESSED) throw new RangeError('no encoding of HdrHistogram');
  return decodeFixedWidth(inflateSync(bytes.subarray(8, 8 + bytes.readInt32BE(4))));
}
