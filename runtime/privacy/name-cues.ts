/** How what follows some words must look to be a name. */
export type NameCueKind =
  /** `my name is`: whatever follows is a name, capitalised or not, unless it is a common word. */
  | 'certain'
  /** `my wife`: a capitalised word that is not common. */
  | 'likely'
  /** `this is`, `I'm`: a known given name, two capitalised words, or one that the sentence then leaves alone. */
  | 'possible'
  /** `ich bin`: every German noun is capitalised, so only a known given name. */
  | 'weak'
  /** `Mr.`, `Frau`: as `likely`, and never a greeting of its own. */
  | 'title'
  /** `Hi`, `Dear`: a capitalised word, then punctuation or the end. */
  | 'greeting'
  /** `Best regards,`: capitalised words that end the message or the line. */
  | 'sign-off'
  /** `Name:` a colon or equals sign must follow. */
  | 'field';

const CUES: Readonly<Record<NameCueKind, string>> = {
  certain: `my name is|my name's|my full name is|my first name is|my last name is|my surname is|the name is|the name's|name is|
    the account holder is|the customer is called|i am called|they call me|goes by|mein name ist|mein name lautet|ich heiße|ich heisse|
    mein nachname ist|mein vorname ist|je m'appelle|mon nom est|mon prénom est|me llamo|mi nombre es|mi apellido es|se llama|
    s'appelle|my wife's name is|my husband's name is|her name is|his name is|maiden name is`,
  likely: `wife|husband|son|daughter|mother|father|mum|mom|dad|partner|brother|sister|uncle|aunt|cousin|grandmother|
    grandfather|colleague|boss|flatmate|roommate|landlord|landlady|neighbour|neighbor|assistant|boyfriend|girlfriend|
    friend|tenant|technician|engineer|agent|advisor|adviser|representative|supervisor|secretary|accountant|lawyer|
    the agent|an agent called|calling for|calling on behalf of|on behalf of|account under|line under|used by|
    ask for|just ask|asked for|we are the|the agent|an agent called|agent named|named|spoke to|spoke with|speak to|speak with|talked to|talked with|
    talking to|speaking to|speaking with|chatted with|under the name of|under the name|in the name of|in the name|
    registered to|registered on|belongs to|belonging to|made out to|attention of|signed by|technician called|name of|
    meine frau|mein mann|mein sohn|meine tochter|kollege|kollegin|mein vater|meine mutter|nachbar|nachbarin|techniker|
    auf den namen|läuft auf|läuft über|gesprochen mit|hier spricht|hier ist|ma femme|mon mari|mon fils|
    ma fille|collègue|conseiller|conseillère|technicien|voisin|voisine|au nom de|parlé avec|parlé à|
    mi mujer|mi esposa|mi marido|mi esposo|mi hijo|mi hija|compañero|compañera|técnico|vecino|vecina|a nombre de|hablé con|hablado con|
    ici c'est|call me|known as`,
  possible: `this is|i am|i'm|im|it is|it's|soy|je suis|c'est|habla|le habla|with`,
  weak: `ich bin|ich bin's|bin die|bin der|from|for|by|von|für|pour|para|de`,
  title: `mr|mrs|ms|miss|mx|dr|prof|professor|herr|herrn|frau|fräulein|doktor|monsieur|madame|mme|mlle|mademoiselle|señor|
    señora|señorita|sr|sra|srta|doña|don`,
  greeting: `hi|hello|hey|dear|good morning|good afternoon|good evening|hallo|guten tag|guten morgen|liebe|lieber|bonjour|
    salut|cher|chère|hola|buenos días|buenas tardes|estimado|estimada|querido|querida|thank you|thanks|many thanks|danke|
    merci|gracias`,
  'sign-off': `regards|best regards|kind regards|kindest regards|warm regards|best wishes|sincerely|yours sincerely|
    yours faithfully|yours truly|yours|thanks|thank you|many thanks|thanks again|cheers|best|all the best|love|
    mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|viele grüße|beste grüße|liebe grüße|vielen dank|
    danke|gruß|lg|mfg|vg|cordialement|bien cordialement|bien à vous|salutations|merci|merci d'avance|saludos|
    un saludo|atentamente|gracias|muchas gracias|sent by|signed`,
  field: `name|full name|first name|last name|surname|given name|family name|customer name|account holder|cardholder|
    card holder|contact|contact name|contact person|caller|holder|passenger|subscriber|vorname|nachname|familienname|
    kontoinhaber|kontoinhaberin|karteninhaber|ansprechpartner|ansprechpartnerin|kundin|kunde|anschlussinhaber|nom|prénom|
    titulaire|nom de famille|nombre|nombre completo|apellido|apellidos|titular`,
};

export interface NameCue {
  readonly words: readonly string[];
  readonly kind: NameCueKind;
}

function readCues(): ReadonlyMap<string, readonly NameCue[]> {
  const byFirst = new Map<string, NameCue[]>();
  for (const [kind, rows] of Object.entries(CUES)) {
    for (const row of rows.split('|')) {
      const words = row.trim().split(/\s+/);
      const first = words[0] ?? '';
      const cues = byFirst.get(first) ?? [];
      cues.push({ words, kind: kind as NameCueKind });
      byFirst.set(first, cues);
    }
  }
  return byFirst;
}

/** Cues by their first word, in lower case. */
export const NAME_CUES = readCues();

/** Inside a name: `Anna von der Heide`. */
export const NAME_PARTICLES: ReadonlySet<string> = new Set(
  'von van der den de del la le da di dos du al el bin ibn zu y ter ten st mac mc o'.split(' '),
);
/** `Maria speaking`, at the beginning of a sentence. */
export const NAME_TAILS: ReadonlySet<string> = new Set(
  'speaking here calling writing hier spricht ici habla again'.split(' '),
);
