import { Pool } from 'undici';
import type { DriverOptions } from './driver.ts';

/** Origin and base path of a target URL; a trailing slash and a trailing `/v1` are dropped. */
export function splitUrl(url: string): { readonly origin: string; readonly basePath: string } {
  const { origin, pathname } = new URL(url);
  return { origin, basePath: pathname.replace(/\/+$/, '').replace(/\/v1$/, '') };
}

/** A keep-alive pool, one request per connection at a time; limits are kept per exchange, not by the pool. */
export function createPool(origin: string, options: DriverOptions): Pool {
  return new Pool(origin, {
    connections: options.maxConnections,
    pipelining: 1,
    connect: { timeout: options.timeouts.connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

export function headersFor(apiKey: string | undefined, accept: string): Record<string, string> {
  return {
    accept,
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
