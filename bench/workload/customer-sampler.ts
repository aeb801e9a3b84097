import type { SharedPrefix, Workload } from '../../scenarios/workload.ts';
import { createSampler } from '../../vocabulary/distributions.ts';
import { createRandom, type Random } from '../../vocabulary/random.ts';
import { type InteractionShape, wholeFrom } from './shape.ts';
import { createTenantSampler } from './tenants.ts';

type Customer = Pick<InteractionShape, 'tenant' | 'prefix' | 'patienceMs'>;
type Prefix = NonNullable<InteractionShape['prefix']>;

/** Lengths of shared prefixes are properties of the groups, so they come from a stream that no interaction moves. */
const GROUPS = createRandom(0x6e0);
const HEXADECIMAL = 16;
const ID_VALUES = 2 ** 32;

const ownId = (random: Random): string =>
  [random.next(), random.next()]
    .map((value) => Math.floor(value * ID_VALUES).toString(HEXADECIMAL))
    .join('-');

function prefixSampler({ tokens, hitShareRatio, groups }: SharedPrefix): (random: Random) => Prefix {
  const length = wholeFrom(createSampler(tokens.distribution), 0);
  const lengths = Array.from({ length: groups }, (_, group) => length(GROUPS.fork(`group ${group}`)));
  return (random) => {
    const group = Math.floor(random.next() * groups);
    // Drawn whether it is shared or not, so that one share changes nothing of the other draws.
    const isShared = random.next() < hitShareRatio;
    const own = `own ${ownId(random)}`;
    return { id: isShared ? `shared ${group}` : own, tokens: lengths[group] ?? 0 };
  };
}

/** Draws what belongs to the customer and not to the sizes; undefined where the workload says nothing of it. */
export function createCustomerSampler(workload: Workload): ((random: Random) => Customer) | undefined {
  const { tenants, sharedPrefix, patienceMs } = workload;
  if (tenants === undefined && sharedPrefix === undefined && patienceMs === undefined) return undefined;
  const tenant = tenants === undefined ? undefined : createTenantSampler(tenants);
  const prefix = sharedPrefix === undefined ? undefined : prefixSampler(sharedPrefix);
  const patience =
    patienceMs === undefined ? undefined : wholeFrom(createSampler(patienceMs.distribution), 1);
  return (random) => ({
    ...(tenant === undefined ? {} : { tenant: tenant(random.fork('tenant')) }),
    ...(prefix === undefined ? {} : { prefix: prefix(random.fork('prefix')) }),
    ...(patience === undefined ? {} : { patienceMs: patience(random.fork('patience')) }),
  });
}
