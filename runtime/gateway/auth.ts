import { hash } from 'node:crypto';
import type { Clock } from '../../vocabulary/clock.ts';
import { createFault, FaultError } from '../llm/fault.ts';
import type { Tenant } from '../tenants/ledger.ts';
import type { KnownTenant, TenantKey, TenantList } from '../tenants/tenant-list.ts';
import { isInside } from './client-address.ts';

/** Who calls, by `authorization` header and address; throws FaultError when nobody known does. */
export type Authenticate = (authorization: string | undefined, address: string | undefined) => Tenant;

const BEARER = /^Bearer ([\x21-\x7e]{1,1024})$/i;

const isAllowed = ({ allowedIps }: KnownTenant, address = ''): boolean =>
  allowedIps === undefined || isInside(allowedIps, address);

const unauthenticated = (message?: string): FaultError =>
  new FaultError(createFault('caller_unauthenticated', message));

/** Keys by their digests, for as long as their list is the current one. */
const indexes = new WeakMap<TenantList, ReadonlyMap<string, TenantKey>>();

function indexOf(list: TenantList): ReadonlyMap<string, TenantKey> {
  const known = indexes.get(list);
  if (known !== undefined) return known;
  const index = new Map(list.keys.map((key) => [key.sha256.toString('hex'), key]));
  indexes.set(list, index);
  return index;
}

/**
 * Looked up by digest: what time tells of a digest that did not match says nothing of a key, since nobody can choose
 * digests, and a thousand keys take no longer than one.
 */
function findKey(list: TenantList, presented: string): TenantKey {
  const found = indexOf(list).get(hash('sha256', presented, 'hex'));
  if (found === undefined) throw unauthenticated();
  return found;
}

function identify(list: TenantList, authorization: string | undefined, clock: Clock): KnownTenant {
  // Without a single key nothing is asked for: clients that insist on sending one are let in as well.
  if (list.keyless !== undefined && (authorization === undefined || list.keys.length === 0))
    return list.keyless;
  const presented = BEARER.exec(authorization ?? '')?.[1];
  if (presented === undefined) throw unauthenticated();
  const key = findKey(list, presented);
  if (key.expiresAtUnixMs !== undefined && clock.unixMs() >= key.expiresAtUnixMs)
    throw unauthenticated('This API key has expired.');
  return key;
}

/** Reads the list anew for every request, so that a changed file applies at once. */
export function createAuthenticate(current: () => TenantList, clock: Clock): Authenticate {
  return (authorization, address) => {
    const known = identify(current(), authorization, clock);
    if (!isAllowed(known, address)) throw new FaultError(createFault('policy_ip_denied'));
    return known.tenant;
  };
}
