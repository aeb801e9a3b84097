import { createRequire } from 'node:module';

/**
 * Drivers are loaded when a store is first opened: together 70 ms and 20 MB that a gateway with embedded stores need not
 * pay. Both are CommonJS, so that loading them takes no waiting.
 */
const require = createRequire(import.meta.url);

export const loadRedisDriver = (): typeof import('ioredis') => require('ioredis');

export const loadPostgresDriver = (): typeof import('pg') => require('pg');
