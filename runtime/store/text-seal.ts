import { createCipheriv, createDecipheriv, createHmac, hash, randomFillSync } from 'node:crypto';
import { StoreFailure } from './history-writes.ts';

/** What a sealed text is and whose: it opens nowhere else. */
export interface SealedPlace {
  readonly kind: 'context' | 'event';
  readonly interactionId: string;
}

/** Makes texts unreadable to who holds the store that they lie in, and readable again. */
export interface TextSeal {
  seal(place: SealedPlace, texts: readonly string[]): Promise<readonly string[]>;
  /**
   * Undefined where nothing of ours is: not sealed, altered, or moved from another place. Rejects where the text is
   * sealed under a key that is not given here, so that nobody takes it for lost.
   */
  open(place: SealedPlace, stored: string): Promise<string | undefined>;
}

/** 256 bits. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_CHARS = 11;
const HEAD = 'sealed1.';
const MAX_PLACE_KEYS = 10_000;

/** Names a key without telling anything of it. */
const keyIdOf = (key: Buffer): string =>
  hash('sha256', Buffer.concat([Buffer.from('busyhour key id '), key]), 'base64url').slice(0, ID_CHARS);

/** The key that a text is sealed under; undefined where it is none of ours. */
const keyIdIn = (stored: string): string | undefined =>
  stored.startsWith(HEAD) && stored[HEAD.length + ID_CHARS] === '.'
    ? stored.slice(HEAD.length, HEAD.length + ID_CHARS)
    : undefined;

const labelOf = ({ kind, interactionId }: SealedPlace): Buffer => Buffer.from(`${kind} ${interactionId}`);

const NONCES_AT_ONCE = 512;
const nonces = Buffer.alloc(NONCE_BYTES * NONCES_AT_ONCE);
let nextNonce = nonces.length;

/** Random bytes are dear one by one. Each nonce is given out once. */
function takeNonce(): Buffer {
  if (nextNonce >= nonces.length) {
    randomFillSync(nonces);
    nextNonce = 0;
  }
  nextNonce += NONCE_BYTES;
  return nonces.subarray(nextNonce - NONCE_BYTES, nextNonce);
}

function sealOne(key: Buffer, label: Buffer, text: string): string {
  const nonce = takeNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(label);
  const hidden = cipher.update(text, 'utf8');
  // The final block of this mode is empty.
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), hidden]).toString('base64url');
}

function openOne(key: Buffer, label: Buffer, sealed: Buffer): string | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const opener = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
  opener.setAAD(label).setAuthTag(tag);
  const text = opener.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    opener.final();
  } catch {
    return undefined; // Altered, or sealed for another place.
  }
  return text.toString('utf8');
}

const unknownKey = (keyId: string, given: string): StoreFailure =>
  new StoreFailure(
    `working memory is sealed under the key ${keyId}, and ${given}; give that key too (privacy.keysEnv or privacy.keysFile)`,
  );

/** A key with the keys of the places that were used last. */
class PlaceKeys {
  readonly #key: Buffer;
  readonly #known = new Map<string, Buffer>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** A key of its own for each place: random nonces of one key alone would meet after some billions of events. */
  of(label: Buffer): Buffer {
    const name = label.toString();
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const key = createHmac('sha256', this.#key).update(label).digest();
    if (this.#known.size >= MAX_PLACE_KEYS) this.#known.clear();
    this.#known.set(name, key);
    return key;
  }
}

/** AES-256-GCM. The first key seals, each of them opens. */
export class KeyedSeal implements TextSeal {
  readonly #keys: () => Promise<readonly Buffer[]>;
  #known: Promise<ReadonlyMap<string, PlaceKeys>> | undefined;

  /** The keys are asked for with the first use, and again after a failure. */
  constructor(keys: () => Promise<readonly Buffer[]>) {
    this.#keys = keys;
  }

  #byId(): Promise<ReadonlyMap<string, PlaceKeys>> {
    this.#known ??= this.#keys()
      .then((keys) => new Map(keys.map((key) => [keyIdOf(key), new PlaceKeys(key)])))
      .catch((error) => {
        this.#known = undefined;
        throw error;
      });
    return this.#known;
  }

  async seal(place: SealedPlace, texts: readonly string[]): Promise<readonly string[]> {
    if (texts.length === 0) return texts;
    const [first] = await this.#byId();
    if (first === undefined) throw new StoreFailure('there is no key to seal working memory with');
    const [keyId, keys] = first;
    const label = labelOf(place);
    const key = keys.of(label);
    return texts.map((text) => `${HEAD}${keyId}.${sealOne(key, label, text)}`);
  }

  async open(place: SealedPlace, stored: string): Promise<string | undefined> {
    const keyId = keyIdIn(stored);
    if (keyId === undefined) return undefined;
    const byId = await this.#byId();
    const keys = byId.get(keyId);
    if (keys === undefined) throw unknownKey(keyId, `only ${[...byId.keys()].join(', ')} is given here`);
    const label = labelOf(place);
    const sealed = Buffer.from(stored.slice(HEAD.length + keyId.length + 1), 'base64url');
    return openOne(keys.of(label), label, sealed);
  }
}

/** Texts as they are, for installations that keep originals everywhere. */
export const PLAIN_SEAL: TextSeal = {
  seal: async (_place, texts) => texts,
  async open(_place, stored) {
    const keyId = keyIdIn(stored);
    if (keyId !== undefined) throw unknownKey(keyId, 'no key is given here');
    return stored;
  },
};
