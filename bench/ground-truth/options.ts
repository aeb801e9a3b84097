import { z } from 'zod';
import { distributionSchema } from '../../vocabulary/distributions.ts';

/** How an answer goes wrong on purpose. */
export const ERROR_KINDS = [
  '400',
  '429',
  '500',
  '503',
  'reset',
  'cut',
  'empty',
  'malformed',
  'garbage',
  'silence',
  'stuck',
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

const span = z.union([z.number().nonnegative(), distributionSchema]);

/** What a ground-truth server keeps to. Spans are ms: a number is a constant, else a distribution to draw from. */
export const groundTruthSchema = z
  .strictObject({
    /** From a request's last byte to the first token, and to the whole answer of a plain request. */
    firstTokenMs: span.default(50),
    tokenGapMs: span.default(20),
    /** Tokens per answer where the request names none. */
    outputTokens: z.int().positive().default(20),
    /** Tokens that go out in one write, one event each. */
    tokensPerWrite: z.int().positive().max(1_000).default(1),
    /** Every `everyMs` the server stands still for `lastsMs`: what falls due meanwhile is written at its end. */
    stall: z.strictObject({ everyMs: z.number().positive(), lastsMs: z.number().positive() }).optional(),
    /** Share of requests that get each error. */
    errors: z.partialRecord(z.enum(ERROR_KINDS), z.number().min(0).max(1)).default({}),
    /** False leaves the pacing to timers: up to about 1.5 ms late, at a fraction of the CPU. */
    isExact: z.boolean().default(true),
    seed: z.int().nonnegative().max(4_294_967_295).default(1),
    host: z.string().default('127.0.0.1'),
    /** 0 picks a free one. */
    port: z.int().min(0).max(65_535).default(0),
  })
  .refine(({ stall }) => stall === undefined || stall.lastsMs < stall.everyMs, {
    path: ['stall', 'lastsMs'],
    message: 'shorter than everyMs',
  })
  .refine(({ errors }) => Object.values(errors).reduce((sum, ratio) => sum + ratio, 0) <= 1 + 1e-9, {
    path: ['errors'],
    message: 'shares that add up to at most 1',
  });

export type GroundTruthConfig = z.output<typeof groundTruthSchema>;
export type GroundTruthOptions = z.input<typeof groundTruthSchema>;
