/** Words after which a number identifies the customer. */
const ROWS = `
account accounts acct acc a/c account-number customer cust customers client clients contract contracts policy policies policyholder
member membership subscriber subscription loyalty patient pension mortgage loan savings passport licence license taxpayer
beneficiary supply employee staff student enrolment health sin utr crn bsb aba payroll household giro login username
national-id customer-id account-id user-id ssn nino nhs mpan mprn medicare medicaid ein itin tin iin aadhaar pan-number
identity id-card sort routing social sociale sécurité seguridad insurance security tax routing vat siret siren iqama emirates-id userid username-id flyer
cpr fødselsnummer kontonummeret henkilötunnus asiakasnumero rut cuit curp rfc nuss nss oib cnp egn amka tva iva
compte comptes contrat client cliente clients abonné abonnée adhérent assuré assurée assurance sociétaire allocataire police
identifiant fiscal passeport sécu nir
cuenta cuentas contrato clientes póliza abonado afiliado socio asegurado dni nie nif cif pasaporte suministro cups
conto cliente contratto polizza utente fiscale partita-iva tessera passaporto socia abbonato
klant rekening rekeningnummer contractnummer bsn lidnummer paspoort
klienta klient konta umowy umowa polisy polisa pesel nip dowodu paszportu abonenta
zákazníka zákaznické smlouvy účtu ügyfélszám szerződésszám client-id contribuabil
conta contribuinte utente apólice assinante cpf cnpj passaporte associado sócio
kund konto avtal medlem försäkring personnummer avtalsnummer
müşteri hesap sözleşme poliçe abone kimlik pasaport tckn
договор договора счёт счета счёта клиента абонента полис полиса инн снилс паспорт паспорта
договору рахунку рахунок клієнта абонента поліс іпн
рахунок πελάτη συμβολαίου λογαριασμού αφμ`;

/** Germanic compounds: each first part with each second. */
const FIRST_PARTS = `kunden kunde klanten klant kund konto vertrags vertrag mitglieds mitglied versicherungs versicherung
  versicherten versichertennummer policen police polis polissen depot darlehens kredit spar giro ausweis personalausweis reisepass
  führerschein steuer sozialversicherungs rentenversicherungs krankenversicherungs kranken patienten abonnenten benutzer
  teilnehmer anschluss abnehmer verbraucher debitoren kontrakt contract lid rekening avtals medlems försäkrings person
  identifikations steueridentifikations bankverbindungs mandats relatie burgerservice`;
const SECOND_PARTS =
  'nummer nummern nr -nr -nummer -id id konto kennung schein scheinnummer scheinnr kontonummer s-nr';
const WHOLE = `kd-nr kdnr kd kto kto-nr vertrag versicherungsschein steuer-id personalausweis reisepass blz bankleitzahl
  führerschein kundenkonto rentenversicherung sort-code iban-nummer`;

const words = (rows: string): readonly string[] => rows.trim().split(/\s+/);

function compounds(): readonly string[] {
  const seconds = words(SECOND_PARTS);
  return words(FIRST_PARTS).flatMap((first) => seconds.map((second) => first + second));
}

/** In lower case. */
export const ACCOUNT_WORDS: ReadonlySet<string> = new Set([...words(ROWS), ...words(WHOLE), ...compounds()]);

/** `number` and the like, in the languages of the words above. */
export const NUMBER_WORDS: ReadonlySet<string> = new Set(
  words(`number numbers no nr num nos id ids code nummer numéro n nº numero numer nº núm número numaram numarası no'su номер º номером
    nummern ref reference kennung identifier`),
);

/** They stand in other sentences as well: a number word must be beside them, or the number is long. */
export const NEEDS_NUMBER: ReadonlySet<string> = new Set(
  words(`policy policies security insurance client clients customer customers member members licence license loan savings mortgage
    supply employee staff student enrolment health sin household giro login payroll username social sociale sécurité seguridad pension patient tax identity beneficiary subscription loyalty social sociale sécurité seguridad cliente clientes cuenta contrato compte contrat client police
    assurance fiscal sort konto vertrag conto conta contratto umowa avtal kund person hesap müşteri accounts contracts flyer`),
);
