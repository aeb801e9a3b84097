import { z } from 'zod';
import { serverTlsSchema } from './tls.ts';

/** Processes, certificates. */
export const operationFields = {
  /** Processes behind the one port; more than one needs shared stores. */
  workers: z.int().min(1).max(256).default(1),
  /** One of several workers that does not answer for this long is killed and replaced. */
  workerHangMs: z.int().min(400).max(600_000).default(10_000),
  /** HTTPS, and with clientCaFile mutual TLS; without it plain HTTP. */
  tls: serverTlsSchema.optional(),
};
