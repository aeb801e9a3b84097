import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from 'node:crypto';
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
const SEALED = /^sealed1\.([\w-]+)\.([\w-]+)$/;

/** Names a key without telling anything of it. */
const keyIdOf = (key: Buffer): string =>
  hash('sha256', Buffer.concat([Buffer.from('busyhour key id '), key]), 'base64url').slice(0, ID_CHARS);

const labelOf = ({ kind, interactionId }: SealedPlace): Buffer => Buffer.from(`${kind} ${interactionId}`);

/** A key of its own for each place: random nonces of one key alone would meet after some billions of events. */
const placeKeyOf = (key: Buffer, label: Buffer): Buffer => createHmac('sha256', key).update(label).digest();

function sealOne(key: Buffer, label: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
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

/** AES-256-GCM. The first key seals, each of them opens. */
export class KeyedSeal implements TextSeal {
  readonly #keys: () => Promise<readonly Buffer[]>;
  #known: Promise<ReadonlyMap<string, Buffer>> | undefined;

  /** The keys are asked for with the first use, and again after a failure. */
  constructor(keys: () => Promise<readonly Buffer[]>) {
    this.#keys = keys;
  }

  #byId(): Promise<ReadonlyMap<string, Buffer>> {
    this.#known ??= this.#keys()
      .then((keys) => new Map(keys.map((key) => [keyIdOf(key), key])))
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
    const [keyId, key] = first;
    const label = labelOf(place);
    const placeKey = placeKeyOf(key, label);
    return texts.map((text) => `${HEAD}${keyId}.${sealOne(placeKey, label, text)}`);
  }

  async open(place: SealedPlace, stored: string): Promise<string | undefined> {
    const [, keyId = '', sealed = ''] = SEALED.exec(stored) ?? [];
    if (keyId === '') return undefined;
    const keys = await this.#byId();
    const key = keys.get(keyId);
    if (key === undefined) throw unknownKey(keyId, `only ${[...keys.keys()].join(', ')} is given here`);
    const label = labelOf(place);
    return openOne(placeKeyOf(key, label), label, Buffer.from(sealed, 'base64url'));
  }
}

/** Texts as they are, for installations that keep originals everywhere. */
export const PLAIN_SEAL: TextSeal = {
  seal: async (_place, texts) => texts,
  async open(_place, stored) {
    const keyId = SEALED.exec(stored)?.[1];
    if (keyId !== undefined) throw unknownKey(keyId, 'no key is given here');
    return stored;
  },
};
