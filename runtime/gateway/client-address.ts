import { BlockList, isIP, isIPv6 } from 'node:net';
import { addCidr } from '../config/tenants.ts';

/** Of IPv4 callers on a socket that takes both. */
const MAPPED_IPV4 = '::ffff:';

const plainAddress = (address: string): string =>
  address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;

export function createNetworks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const each of cidrs) addCidr(list, each);
  return list;
}

/** Whether an address is in one of the networks; what is no address is in none. */
export function isInside(networks: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && networks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/**
 * Where a request comes from: the peer, or what the trusted proxies before it say, read from the nearest outwards up to the
 * first address that is no trusted proxy. What stands before that one is the caller's own claim.
 */
export function clientAddressOf(
  peer: string | undefined,
  forwardedFor: string | string[] | undefined,
  trusted: BlockList,
): string {
  let address = peer ?? '';
  const hops = String(forwardedFor ?? '').split(',');
  for (let hop = hops.pop(); hop !== undefined && isInside(trusted, address); hop = hops.pop()) {
    const next = hop.trim();
    if (isIP(plainAddress(next)) === 0) break;
    address = next;
  }
  return plainAddress(address);
}
