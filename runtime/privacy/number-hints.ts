import { ACCOUNT_WORDS } from './account-words.ts';
import type { NumberHint } from './phones.ts';
import { countWordsBefore, type Word } from './words.ts';

/** Words that say what a number near them is. English, German, French, Spanish. */
const HINTS: Readonly<Record<Exclude<NumberHint, undefined>, string>> = {
  phone: `phone phones telephone tel mobile cell cellphone landline call calls calling callback dial ring text sms whatsapp
    reach reached fax contact voicemail handy handynummer telefoonnummer telefonnummeret telefonnumret mobielnummer mobilnummeret rückrufnummer faxnummer durchwahl telefon telefonnummer telefonisch rufnummer mobilnummer mobil
    festnetz anrufen anruf rückruf zurückrufen erreichbar erreichen erreicht téléphone portable mobile fixe joindre
    joignable appeler appelez rappeler rappelez numéro-de-téléphone teléfono móvil celular fijo llamar llamarme llámame
    llamen llámenme llame llamada contactarme`,
  // Two letters are the head of a code, `KD-12`, as often as a word.
  account: [...ACCOUNT_WORDS].filter((word) => word.length > 2).join(' '),
  card: `card cards visa mastercard amex maestro credit debit karte kreditkarte kartennummer kreditkartennummer ec-karte
    visa-karte girocard bankkarte carte tarjeta carta tarjetas karty karta cartão kort kortnummer creditcard kaart kartı kart
    kartım карты карта картка картки cc pan mastercard-nummer cardholder`,
  other: `order orders invoice invoices tracking ticket tickets case reference ref booking reservation parcel parcels
    package shipment serial imei sku part article item items model version build firmware error code codes po rma claim
    transaction receipt voucher coupon gift barcode ean isbn asin batch job request incident isbn meter reading batch deposit balance points population log port error bytes speed version postcode zip
    commission faktura zamówienie hausnummer zimmernummer bestelnummer ordernummer factuurnummer pakketnummer trackingnummer serienummer
    referentienummer referenznummer dossiernummer zaaknummer artikelnummer modellnummer chargennummer auftragsnr vorgangsnr
    aktenzeichen fallnummer teilenummer zählernummer gerätenummer fahrgestellnummer flugnummer zugnummer pacco ordine fattura pedido encomenda fatura sipariş заказ посылка bestelling factuur
    bestellung bestellnummer bestell-nr auftrag auftragsnummer rechnung rechnungsnummer rechnungsnr sendung
    sendungsnummer sendungsverfolgung paket paketnummer seriennummer vorgang vorgangsnummer ticketnummer artikel
    artikelnummer zählerstand fehlercode gutschein buchungsnummer commande facture colis suivi dossier référence série
    article pedido factura envío paquete seguimiento incidencia serie artículo referencia código`,
};

const HINT_OF_WORD: ReadonlyMap<string, NumberHint> = new Map(
  Object.entries(HINTS).flatMap(([hint, words]) =>
    words.split(/\s+/).map((word) => [word, hint as NumberHint] as const),
  ),
);

/** What a word says about the number behind it; undefined when nothing. */
export const hintOfWord = (lower: string): NumberHint =>
  HINT_OF_WORD.get(lower) ?? (TELEPHONE_COMPOUND.test(lower) ? 'phone' : undefined);

/** `Mobilfunknummer`, `Rückrufnummer`. */
const TELEPHONE_COMPOUND = /^(?:tele|mobil|handy|fax|fest|funk|notruf|rückruf|anruf|hotline|service).*num/;

/** Words looked at on either side. */
const WORDS_BEFORE = 6;
const WORDS_AFTER = 5;
/** `0170 1234567 is my mobile number`: only these may stand between a number and the word after it. */
const LINKING = new Set(
  `is are was would be the a my our your his her best number to as for on an ist sind meine mein die das unsere est mon
  ma le la notre es mi el número numéro nummer this that's (`.split(/\s+/),
);
const SENTENCE_END = /[.!?\n;](?:\s|$)/;

/** `my number`, `her new number`: a telephone's, unless another word says whose. */
const OWNERS = new Set(
  'my his her our their new old direct work home office meine seine ihre neue mon son nouveau mi su'.split(
    ' ',
  ),
);
const NUMBER = new Set(['number', 'nummer', 'numéro', 'número']);

function hintOf(words: readonly Word[], at: number): NumberHint {
  const lower = words[at]?.lower ?? '';
  const isOwn = NUMBER.has(lower) && OWNERS.has(words[at - 1]?.lower ?? '');
  return isOwn ? 'phone' : HINT_OF_WORD.get(lower);
}

/** The nearest word before a number that says what it is, within its sentence; else one that follows. */
export function hintFor(text: string, words: readonly Word[], start: number, end: number): NumberHint {
  const next = countWordsBefore(words, start);
  const before = hintBefore(text, words, next, start);
  return before ?? hintAfter(text, words, next, end);
}

function hintBefore(text: string, words: readonly Word[], next: number, start: number): NumberHint {
  let upTo = start;
  for (let at = next - 1; at >= 0 && at >= next - WORDS_BEFORE; at--) {
    const word = words[at];
    // Of an unknown abbreviation the dot ends nothing, so only the gaps between words are looked at.
    if (word === undefined || endsSentence(text, word.end, upTo)) return undefined;
    const hint = hintOf(words, at);
    if (hint !== undefined) return hint;
    upTo = word.start;
  }
  return undefined;
}

/** Gaps are short in what is worth looking at. */
const MAX_GAP_CHARS = 40;
const MAX_ABBREVIATION_CHARS = 5;

function endsSentence(text: string, from: number, to: number): boolean {
  if (to - from > MAX_GAP_CHARS) return true;
  const gap = text.slice(from, to);
  if (!SENTENCE_END.test(gap)) return false;
  const isAbbreviation =
    gap.trim() === '.' &&
    /(?:^|[^\p{L}])(?:no|nr|tel|ref|acct|num|mob|kd)$/iu.test(
      text.slice(Math.max(0, from - MAX_ABBREVIATION_CHARS), from),
    );
  return !isAbbreviation;
}

function hintAfter(text: string, words: readonly Word[], next: number, end: number): NumberHint {
  let from = end;
  for (let at = next; at < words.length && at < next + WORDS_AFTER; at++) {
    const word = words[at];
    if (word === undefined || endsSentence(text, from, word.start)) return undefined;
    const hint = HINT_OF_WORD.get(word.lower);
    if (hint !== undefined) return hint;
    if (!LINKING.has(word.lower)) return undefined;
    from = word.end;
  }
  return undefined;
}
