import { z } from 'zod';

const file = z.string().min(1);

/** Certificates of a side that listens, all by path in PEM. */
export const serverTlsSchema = z.strictObject({
  /** Its certificate, with intermediate ones behind it. */
  certFile: file,
  keyFile: file,
  /** Mutual TLS: clients must show a certificate that one of these authorities signed. */
  clientCaFile: file.optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});

/** Certificates of a side that connects; an empty mapping is TLS with the authorities that Node trusts. */
export const clientTlsSchema = z
  .strictObject({
    /** Authorities that may have signed the server's certificate, instead of those that Node trusts. */
    caFile: file.optional(),
    /** Mutual TLS: its own certificate and key. */
    certFile: file.optional(),
    keyFile: file.optional(),
  })
  .refine((tls) => (tls.certFile === undefined) === (tls.keyFile === undefined), {
    message: 'certFile and keyFile together, or neither',
  });

export type ServerTlsConfig = z.output<typeof serverTlsSchema>;
export type ClientTlsConfig = z.output<typeof clientTlsSchema>;
