import type { DriverOptions } from './driver.ts';
import { HttpTransport } from './http/transport.ts';

/** Origin and base path of a target URL; a trailing slash and a trailing `/v1` are dropped. */
export function splitUrl(url: string): { readonly origin: string; readonly basePath: string } {
  const { origin, pathname } = new URL(url);
  return { origin, basePath: pathname.replace(/\/+$/, '').replace(/\/v1$/, '') };
}

/** Keep-alive connections for a driver; limits are kept per exchange, not by the pool. */
export function createTransport(origin: string, options: DriverOptions): HttpTransport {
  return new HttpTransport(origin, {
    maxConnections: options.maxConnections,
    connectMs: options.timeouts.connectMs,
    ...(options.caPem === undefined ? {} : { caPem: options.caPem }),
  });
}

export function headersFor(apiKey: string | undefined, accept: string): Record<string, string> {
  return {
    accept,
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
