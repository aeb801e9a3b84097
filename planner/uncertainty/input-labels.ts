/** What an input is called in tables, by its key. */
const INPUTS: Readonly<Record<string, string>> = {
  busyHourShareRatio: 'share of the day in its busy hour',
  escalationRatio: 'contacts escalated to people',
  directToHumanRatio: 'contacts that go to people at once',
  repeatRatio: 'contacts that come back',
  humanContactUsd: 'cost of a contact with a person',
  averageHandleTimeS: 'time that a person takes for a contact',
  operatorUsdPerHour: "cost of an operator's hour",
  historyBytesPerTurn: 'bytes of history per turn',
  logBytesPerTurn: 'bytes of logs per turn',
  egressBytesPerTurn: 'bytes to the client per turn',
  vendorEgressBytesPerTurn: 'bytes to the vendor per turn',
  retries: 'calls made per call planned',
  'tokens-per-turn': 'tokens per turn, priced',
  'gateway-cpu': 'gateway CPU per turn',
  'voice/minutesPerInteraction': 'minutes of speech per interaction',
  'voice/spokenRatio': 'share of them that the machine speaks',
};

/** What a figure of the catalogue is called, by its field. */
const FIELDS: Readonly<Record<string, string>> = {
  usdPerKwh: 'price of electricity',
  systemKw: 'power that a node draws',
  serverLifeYears: 'years of use',
  pueRatio: 'power of the site per power of its machines',
  usdPerHour: 'price of an hour',
  usdPerMonth: 'price of a month',
  usdPerGb: 'price of a gigabyte',
};

const DISPUTED = '/disputed';

const wordsOf = (field: string): string =>
  field.replaceAll(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start}`).toLowerCase();

/**
 * Words for a key: `ENTRY/FIELD` is a figure of the catalogue, `ENTRY/disputed` a price on which sources disagree, and an
 * entry alone its price.
 */
export function labelOf(key: string): string {
  const known = INPUTS[key];
  if (known !== undefined) return known;
  if (key.endsWith(DISPUTED)) return `price of ${key.slice(0, -DISPUTED.length)}, on which sources disagree`;
  const split = key.lastIndexOf('/');
  if (split < 0) return wordsOf(key);
  const field = key.slice(split + 1);
  if (!/^[a-z]+[A-Z]/.test(field)) return `price of ${key}`;
  return `${FIELDS[field] ?? wordsOf(field)} (${key.slice(0, split)})`;
}
