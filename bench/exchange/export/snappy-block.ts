const LITERAL_TWO_LENGTH_BYTES = 61;
const MAX_LITERAL_BYTES = 65_536;
const LOW_BITS = 128;

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  while (rest >= LOW_BITS) {
    bytes.push((rest % LOW_BITS) + LOW_BITS);
    rest = Math.floor(rest / LOW_BITS);
  }
  return [...bytes, rest];
}

/**
 * Bytes in the block format of Snappy (format_description.txt, sections 1 and 2.1) without looking for repetitions: the
 * length, then literals. Any reader takes it; it is 3 bytes in 65,536 larger than the input.
 */
export function toSnappyBlock(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Uint8Array.from(lengthBytes(bytes.length))];
  for (let at = 0; at < bytes.length; at += MAX_LITERAL_BYTES) {
    const literal = bytes.subarray(at, at + MAX_LITERAL_BYTES);
    const last = literal.length - 1;
    parts.push(Uint8Array.of(LITERAL_TWO_LENGTH_BYTES << 2, last & 0xff, last >> 8), literal);
  }
  return Buffer.concat(parts);
}
