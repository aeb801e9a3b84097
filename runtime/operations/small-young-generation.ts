import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation small; imported first by what a gateway process runs, because what has grown stays. Relaying
 * makes much garbage that dies at once; left alone, V8 answers by growing the young generation, and 200 streams of
 * 40 tokens/s held 320 MB of which 33 MB lived. With it: 190 MB, at no more CPU.
 */
setFlagsFromString('--semi-space-growth-factor=1');
