/** Seeded randomness as an argument: same seed, same numbers, on every machine. */
export interface Random {
  /** Uniform in [0, 1) with 32 bits. */
  next(): number;
  /** An independent stream named by `label`; the same label always gives the same stream. */
  fork(label: string): Random;
}

/** FNV-1a over UTF-16 units, mixed with a seed: spreads labels over the 32-bit seed space. */
function hashLabel(label: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < label.length; i++) {
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  }
  return mix(hash);
}

/** The 32-bit finaliser of MurmurHash3 (A. Appleby, public domain constants). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** sfc32 (C. Doty-Humphrey, PractRand): 128-bit state, period at least 2^64 here. */
export function createRandom(seed: number): Random {
  const base = Math.trunc(seed) >>> 0;
  let a = mix(base + 0x9e3779b9);
  let b = mix(base + 0x3c6ef372);
  let c = mix(base + 0xdaa66d2b);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 12; i++) next();
  return { next, fork: (label) => createRandom(hashLabel(label, base)) };
}

/** Uniform in (0, 1): safe to take the logarithm of. */
export function openUniform(random: Random): number {
  return random.next() + 1 / 8_589_934_592;
}

/** Exponential with the given mean (inverse transform). */
export function sampleExponential(random: Random, mean: number): number {
  return -mean * Math.log(openUniform(random));
}

/** Standard normal (Box–Muller, one of the pair). */
export function sampleNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(openUniform(random))) * Math.cos(2 * Math.PI * random.next());
}

/** Gamma with shape > 0 and scale > 0 (Marsaglia & Tsang 2000; shape < 1 by their boost). */
export function sampleGamma(random: Random, shape: number, scale: number): number {
  if (shape < 1) return sampleGamma(random, shape + 1, scale) * openUniform(random) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = sampleNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(openUniform(random)) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v * scale;
  }
}

/** Poisson count with the given mean ≥ 0: exact by Knuth's product below 30, split in halves above. */
export function samplePoisson(random: Random, mean: number): number {
  if (mean > 30) {
    const half = Math.floor(mean / 2);
    return samplePoisson(random, half) + samplePoisson(random, mean - half);
  }
  const limit = Math.exp(-mean);
  let product = openUniform(random);
  let count = 0;
  while (product > limit) {
    product *= openUniform(random);
    count++;
  }
  return count;
}
