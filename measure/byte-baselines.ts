import { gzipSync } from 'node:zlib';

const BITS_PER_BYTE = 8;
const BYTE_VALUES = 256;

/** Bits that a code made for exactly these counts needs for all of them. */
function codeBits(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((bits, count) => (count === 0 ? bits : bits - count * Math.log2(count / total)), 0);
}

/** Empirical entropy of single bytes, in bits per byte. */
export function computeOrder0BitsPerByte(text: Uint8Array): number {
  const counts = new Array<number>(BYTE_VALUES).fill(0);
  for (const byte of text) counts[byte] = (counts[byte] ?? 0) + 1;
  return codeBits(counts) / text.length;
}

/** Empirical entropy of a byte given the one before it, in bits per byte; the first byte is free. */
export function computeOrder1BitsPerByte(text: Uint8Array): number {
  const rows = Array.from({ length: BYTE_VALUES }, () => new Array<number>(BYTE_VALUES).fill(0));
  for (let i = 1; i < text.length; i++) {
    const row = rows[text[i - 1] ?? 0];
    const byte = text[i] ?? 0;
    if (row !== undefined) row[byte] = (row[byte] ?? 0) + 1;
  }
  return rows.reduce((bits, row) => bits + codeBits(row), 0) / Math.max(1, text.length - 1);
}

/** Size under gzip -9, in bits per byte. */
export const computeGzipBitsPerByte = (text: Uint8Array): number =>
  (gzipSync(text, { level: 9 }).length * BITS_PER_BYTE) / text.length;
