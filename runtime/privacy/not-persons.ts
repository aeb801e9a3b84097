/** Capitalised words that make what they stand in a place, a firm, a product or a title of something, in lower case. */
const ROWS = `
street road avenue lane square park place court drive way bridge hill house hall tower building centre center station airport
port harbour river lake mount bay beach island islands city town village county state states kingdom republic union coast
saint san santa los las el new north south east west northern southern eastern western upper lower great grand royal
london paris berlin madrid rome boston chicago york jersey mexico delhi mumbai hamburg münchen köln wien zürich lisbon porto
barcelona sevilla lyon marseille milano roma warszawa manchester birmingham leeds cambridge oxford dublin edinburgh glasgow
england scotland wales ireland britain germany france spain italy portugal poland turkey sweden norway denmark finland
netherlands belgium austria switzerland greece russia ukraine india china japan korea america africa europe asia australia
bank banks post mail express card cards visa mastercard maestro amex paypal apple google amazon microsoft samsung huawei
xiaomi sony nokia motorola lenovo dell hp asus acer nvidia intel android ios iphone ipad macbook pixel galaxy windows linux
office outlook gmail chrome firefox safari teams zoom skype whatsapp facebook instagram twitter netflix spotify disney
youtube sky vodafone telekom orange o2 verizon comcast ee bt virgin media three tesco aldi lidl ikea ups dhl fedex dpd gls
hermes evri ford opel audi bmw volkswagen mercedes tesla toyota honda nissan renault peugeot fiat volvo skoda seat mazda
bosch siemens dyson philips miele shell esso allianz axa aviva generali zurich prudential barclays santander hsbc lloyds natwest
halifax monzo revolut chase citibank wells fargo deutsche commerzbank sparkasse
ltd limited inc llc plc gmbh ag sa group holding holdings company corporation corp partners solutions systems services
service support care team desk department division branch trust association society foundation university college school
hospital clinic church council government ministry police court agency authority committee traders trading stores shop market
store supermarket restaurant hotel cafe pizza radio news times journal guardian
plan plans plus max pro ultra mini lite air premium basic standard gold silver platinum bronze unlimited family flex
prepaid smart home hub box router modem fibre fiber broadband internet mobile wireless wifi network online web app portal
account customer contract policy insurance claim claims order orders invoice payment refund direct debit credit savings loan mortgage
terms conditions privacy data protection notice form letter holiday christmas easter eve day week weekend bank eid diwali
ramadan thanksgiving black cyber spring summer autumn winter season league cup world champions series season edition
version update upgrade release model type class level zone area region room floor flat apartment unit gate platform line
terminal building north star blue red green white yellow dark light first second third one two three true false
euro dollar pound user error code login password pin sim esim gb mb pdf faq help thank thanks regards wishes god lord jesus
green energy power water gas electric electricity heat meter solar nuclear edison
parcel delivery courier tracking locker depot customs freight cargo logistics warehouse
quarter january february march april may june july august september october november december`;

export const NOT_PERSONS: ReadonlySet<string> = new Set(ROWS.trim().split(/\s+/));

/** Where the next capitalised words are more often a place or a thing than a person. */
export const BEFORE_THINGS: ReadonlySet<string> = new Set(
  `the a an your our my their in at near via inside outside across through under over around onto into use using
  la le les el los il lo gli un une una het een de du des del della au aux à en dans chez al nel
  watch play buy bought order ordered visit model brand app game film movie song book series`.split(/\s+/),
);

/** German writes every noun with a capital, so there capitals prove nothing. */
export const GERMAN_WORDS: ReadonlySet<string> = new Set(
  `ich der und ist nicht mein meine meinen meiner bitte wir ihr ihre ihrer ihren eine einen einem für mit auf vom zum zur
  bei beim nach seit wurde wird sind haben habe keine kein noch schon wann wie wo warum guten grüße danke gestern heute
  diese dieser dieses herr herrn frau nummer lautet heißt bin sie die das dem den im kostet ans ins kann`.split(
    /\s+/,
  ),
);
