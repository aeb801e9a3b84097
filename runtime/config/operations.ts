import { z } from 'zod';
import { serverTlsSchema } from './tls.ts';

/** Processes, certificates. */
export const operationFields = {
  /** Processes behind the one port; more than one needs shared stores. */
  workers: z.int().min(1).max(256).default(1),
  /** HTTPS, and with clientCaFile mutual TLS; without it plain HTTP. */
  tls: serverTlsSchema.optional(),
};
