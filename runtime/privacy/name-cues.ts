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

/** Between a cue and its name. */
export const CUE_GAP: Readonly<Record<NameCueKind, RegExp>> = {
  certain: /^[ ,:."'(*-]{1,4}$/,
  likely: /^[ ,"'(:]{1,3}$/,
  possible: /^[ "'(]{1,2}$/,
  weak: /^ $/,
  title: /^[.:]? ?$/,
  greeting: /^[ ,]{1,2}$/,
  'sign-off': /^[ ]?[,.!]?[ ]?\s*[-–]?\s?$/,
  field: /^ ?[:=] ?["']?$/,
};

const CUES: Readonly<Record<NameCueKind, string>> = {
  certain: `mi chiamo|il mio nome è|mijn naam is|nazywam się|mam na imię|o meu nome é|meu nome é|chamo-me|me chamo|jag heter|
    mitt namn är|mit navn er|jeg heter|benim adım|adım|меня зовут|моё имя|мое имя|мене звати|моє ім'я|με λένε|ονομάζομαι|
    το όνομά μου είναι|اسمي|मेरा नाम|mi nombre completo es|my nam is|my name was|mon nom complet est|numele meu este|
    a nevem|jmenuji se|nimeni on|my name is|my name's|my full name is|my first name is|my last name is|my surname is|the name is|the name's|name is|
    the account holder is|the customer is called|i am called|they call me|goes by|mein name ist|mein name lautet|ich heiße|ich heisse|
    mein nachname ist|mein vorname ist|je m'appelle|mon nom est|mon prénom est|me llamo|mi nombre es|mi apellido es|se llama|
    s'appelle|my wife's name is|my husband's name is|her name is|his name is|maiden name is`,
  likely: `my name to|the name to|name from|name was|name should be|it should be|name wird|nachname ist|first name|last name|
    surname|maiden name|vorname|nachname|mädchenname|prénom|apellido|driver|beneficiary|executor|
    guardian|carer|cleaner|nephew|niece|grandson|granddaughter|fiancé|fiancée|spouse|stepson|stepdaughter|manager|client|patient|
    policyholder|account holder|cardholder|recipient|sender|addressee|witness|insured person|insured|passenger|solicitor|
    doctor|courier|handyman|plumber|electrician|nurse|teacher|clerk|trainee|lodger|subtenant|ex-husband|ex-wife|widow|late husband|
    late wife|contact is|emergency contact|deliver to|ship to|addressed to|payable to|power of attorney to|transfer to|contract to|letter to|held by|bought by|
    made by|handled by|signed for by|written by|paid by|owned by|sent by|opened by|taken by|booked by|ordered by|collected by|
    received by|accepted by|approved by|cancelled by|told by|helped by|served by|installed by|name is on|on behalf|
    introduced herself as|introduced himself as|was called|is called|zu händen|mitarbeiter|mitarbeiterin|
    sachbearbeiter|sachbearbeiterin|berater|beraterin|kontoinhaber ist|kontoinhaberin ist|inhaber|inhaberin ist|gehört|
    im auftrag von|schwester|bruder|enkel|enkelin|freundin|vermieter|vermieterin|mieterin|absender|empfänger|
    empfängerin|versicherungsnehmer|versicherungsnehmerin|bénéficiaire|assuré|assurée|destinataire|propriétaire|locataire|
    frère|sœur|mère|père|beneficiario|beneficiaria|asegurado|asegurada|titular|titolare|destinatario|destinataria|hermano|
    hermana|madre|padre|recogió|atendió|firmó|u spreekt met|spreekt met|mówi|fala|habla con|mia moglie|mio marito|
    mijn vrouw|mijn man|minha esposa|meu marido|żona|mąż|ask|tell|remove|add|both|between|wife|husband|son|daughter|mother|father|mum|mom|dad|partner|brother|sister|uncle|aunt|cousin|grandmother|
    grandfather|colleague|boss|flatmate|roommate|landlord|landlady|neighbour|neighbor|assistant|boyfriend|girlfriend|
    friend|tenant|technician|engineer|agent|advisor|adviser|representative|supervisor|secretary|accountant|lawyer|
    the agent|an agent called|calling for|calling on behalf of|on behalf of|account under|line under|used by|
    ask for|just ask|asked for|we are the|the agent|an agent called|agent named|named|spoke to|spoke with|speak to|speak with|talked to|talked with|
    talking to|speaking to|speaking with|chatted with|under the name of|under the name|in the name of|in the name|
    registered to|registered on|belongs to|belonging to|made out to|attention of|signed by|technician called|name of|
    meine frau|mein mann|mein sohn|meine tochter|kollege|kollegin|mein vater|meine mutter|nachbar|nachbarin|techniker|
    auf den namen|läuft auf|läuft über|gesprochen mit|ma femme|mon mari|mon fils|
    ma fille|collègue|conseiller|conseillère|technicien|voisin|voisine|au nom de|parlé avec|parlé à|
    mi mujer|mi esposa|mi marido|mi esposo|mi hijo|mi hija|compañero|compañera|técnico|vecino|vecina|a nombre de|hablé con|hablado con|
    ici c'est|call me|known as`,
  possible: `hier|hier ist|hier spricht|it's me|that's me|its|sono|ik ben|jag är|jestem|eu sou|sou|soy yo|это|это я|я|це|είμαι|أنا|
    मैं|speaking|this is me|myself|aquí|au téléphone|yes it's|my name|this is|i am|i'm|im|it is|it's|soy|je suis|c'est|habla|le habla|with`,
  weak: `ich bin|ich bin's|bin die|bin der|from|for|by|von|für|pour|para|de`,
  title: `rev|reverend|sir|lady|lord|dame|captain|capt|colonel|major|sergeant|sister|father|judge|councillor|cllr|rabbi|imam|
    maître|maitre|me|m|familie|eheleute|famille|familia|mevrouw|meneer|mevr|dhr|heer|signor|signora|signorina|sig|dott|attn|fao|c o|z hd|hd|
    dottor|dottoressa|ing|pan|pani|panem|panią|pana|senhor|senhora|dona|fru|bay|bayan|sayın|господин|госпожа|пан|пані|κύριος|κυρία|
    κα|السيد|السيدة|الدكتور|श्री|श्रीमती|mr and mrs|mr mrs|herr und frau|herr dr|frau dr|frau prof|herr prof|mr|mrs|ms|miss|mx|dr|prof|professor|herr|herrn|frau|fräulein|doktor|monsieur|madame|mme|mlle|mademoiselle|señor|
    señora|señorita|sr|sra|srta|doña|don`,
  greeting: `hiya|beste|drogi|droga|szanowny|szanowna|caro|cara|gentile|olá|prezado|prezada|ciao|buongiorno|dag|hej|
    здравствуйте|привет|уважаемый|уважаемая|dzień dobry|merhaba|sevgili|cheers|grüezi|servus|moin|guten abend|hi|hello|hey|dear|good morning|good afternoon|good evening|hallo|guten tag|guten morgen|liebe|lieber|bonjour|
    salut|cher|chère|hola|buenos días|buenas tardes|estimado|estimada|querido|querida|thank you|thanks|many thanks|danke|
    merci|gracias`,
  'sign-off': `respectfully|with best wishes|with kind regards|thanks in advance|with thanks|warmly|cordially|ta|thx|
    mit freundlichem gruß|mit besten grüßen|herzliche grüße|schöne grüße|hochachtungsvoll|gruss|beste grüsse|viele grüsse|
    bonne journée|sincères salutations|respectueusement|bien à toi|un cordial saludo|saludos cordiales|un abrazo|quedo a la espera|
    cordiali saluti|distinti saluti|saluti|grazie|met vriendelijke groet|met vriendelijke groeten|groet|groeten|vriendelijke groet|
    bedankt|alvast bedankt|z poważaniem|pozdrawiam|z wyrazami szacunku|dziękuję|atenciosamente|cumprimentos|
    com os melhores cumprimentos|obrigado|obrigada|med vänlig hälsning|vänliga hälsningar|mvh|hälsningar|tack|venlig hilsen|
    saygılarımla|saygılar|teşekkürler|с уважением|спасибо|з повагою|дякую|με εκτίμηση|ευχαριστώ|مع التحية|तथा धन्यवाद|s pozdravem|
    üdvözlettel|regards|best regards|kind regards|kindest regards|warm regards|best wishes|sincerely|yours sincerely|
    yours faithfully|yours truly|yours|thanks|thank you|many thanks|thanks again|cheers|best|all the best|love|
    mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|viele grüße|beste grüße|liebe grüße|vielen dank|
    danke|gruß|lg|mfg|vg|cordialement|bien cordialement|bien à vous|salutations|merci|merci d'avance|saludos|
    un saludo|atentamente|gracias|muchas gracias|sent by|signed`,
  field: `beneficiary|policyholder|policy holder|recipient|deliver to|ship to|sender|attn|attention|fao|witness|executor|
    insured|insured person|driver|tenant|landlord|patient|guest|traveller|payee|payer|client name|
    signature|employee|empfänger|absender|versicherungsnehmer|versicherungsnehmerin|versicherte person|mieter|
    vermieter|patient|name des kontoinhabers|mein name|zeuge|unterschrift|bénéficiaire|destinataire|expéditeur|assuré|souscripteur|
    signataire|destinatario|remitente|beneficiario|asegurado|tomador|firma|intestatario|titolare|mittente|nome|
    cognome|naam|voornaam|achternaam|imię|nazwisko|imię i nazwisko|odbiorca|destinatário|namn|förnamn|efternamn|mottagare|soyad|
    ad soyad|имя|фамилия|фио|получатель|отправитель|ім'я|прізвище|піб|όνομα|ονοματεπώνυμο|الاسم|नाम|name|full name|first name|last name|surname|given name|family name|customer name|account holder|cardholder|
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
/** `Maria speaking`, `Berger mein Name`, `Ayşe Hanım`: the first word of what stands behind a name. */
export const NAME_TAILS: ReadonlySet<string> = new Set(
  'speaking here calling writing hier spricht ici habla again mein hanım bey'.split(' '),
);
/** Tails that need no punctuation behind them. */
export const CERTAIN_TAILS: ReadonlySet<string> = new Set('mein hanım bey'.split(' '));
/** May stand between a word for a person and the name: `my boss is Anna`. */
export const NAME_LINKS: ReadonlySet<string> = new Set(
  "is was called named heißt namens wird est s'appelle es llamado llamada è heet".split(' '),
);
/** Sign-offs that need no comma: their last words. */
export const PLAIN_SIGN_OFFS: ReadonlySet<string> = new Set(
  'regards grüße grüßen gruß grüsse lg vg mfg cordialement saludos saludo groet groeten mvh atentamente'.split(
    ' ',
  ),
);
/** Titles that are words as well. */
export const NEEDS_CAPITAL: ReadonlySet<string> = new Set(
  `herr frau miss don sr professor madame doktor m major sister father judge bay pan pana lady dame dona fru sig ing captain
  sir lord family familie heer familia famille rev dott imam hd attn fao`.split(/\s+/),
);
/** Given names that are months: names in front of another name. */
export const CALENDAR_NAMES: ReadonlySet<string> = new Set('april may june august mai juin'.split(' '));
