import { BlockList } from 'node:net';
import { z } from 'zod';
import { BYTES_PER_MIB } from '../../vocabulary/units.ts';
import { spanMs } from './fields.ts';
import { addCidr } from './tenants.ts';

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
/** As browsers send it: scheme, host and port, no path. */
const origins = z
  .array(z.string().refine(isOrigin, 'an origin such as https://shop.example'))
  .max(1000)
  .default([]);
const networks = z
  .array(
    z
      .string()
      .refine((text) => addCidr(new BlockList(), text), 'an IP address or a network such as 10.0.0.0/8'),
  )
  .max(1000);

/** WebSockets of interactions. */
const socketFields = z.strictObject({
  enabled: z.boolean().default(true),
  /** Open at once in this process; beyond it 503. */
  maxSockets: z.int().min(1).max(1_000_000).default(10_000),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(16 * BYTES_PER_MIB)
    .default(524_288),
  /** What may wait for a slow reader before its socket is closed with 1013. */
  maxBufferedBytes: z
    .int()
    .min(1024)
    .max(64 * BYTES_PER_MIB)
    .default(BYTES_PER_MIB),
  /** Between two pings; a socket that answered none until the next is cut. */
  pingMs: spanMs.default(20_000),
  /** How long a turn goes on with no socket left to hear it. */
  graceMs: z.int().min(0).max(3_600_000).default(30_000),
  /** Events kept of each interaction for those who come back. */
  maxEvents: z.int().min(8).max(100_000).default(1000),
  eventTtlMs: z.int().min(1000).max(86_400_000).default(600_000),
});

/** The HTTP front. */
export const httpFields = {
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(8080),
  /** Completions and turns in progress; beyond it 503. */
  maxInFlight: z.int().min(1).max(1_000_000).default(1024),
  bodyLimitBytes: z
    .int()
    .min(1024)
    .max(64 * BYTES_PER_MIB)
    .default(BYTES_PER_MIB),
  /** How long a drain waits for work in progress. */
  drainMs: z.int().min(0).max(3_600_000).default(10_000),
  edge: z
    .strictObject({
      /** Pages that may call from a browser, over HTTP and WebSocket; none by default. */
      allowedOrigins: origins,
      /** Addresses that may call at all; all when absent. Probes and metrics are for all. */
      allowedIps: networks.min(1).optional(),
      /** Proxies whose `x-forwarded-for` is believed. */
      trustedProxies: networks.default([]),
      maxHeaderBytes: z.int().min(1024).max(BYTES_PER_MIB).default(16_384),
      maxUrlChars: z.int().min(256).max(65_536).default(2048),
      maxJsonDepth: z.int().min(8).max(512).default(32),
      /** Receiving one request, head and body. */
      requestMs: spanMs.default(30_000),
    })
    .prefault({}),
  socket: socketFields.prefault({}),
  /** Whether /v1/admin is there at all; who may use it is a matter of tenants. */
  admin: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
};

export type SocketConfig = z.output<typeof socketFields>;
