/** How a script makes the texts of its turns out of the embedded words. PLAN and VOICES stand above it. */
export const TEXTS = String.raw`
const WORDS = Object.fromEntries(Object.entries(VOICES).map(([voice, text]) => [voice, text.split(' ')]));

/** Text of so many words, the same for the same place. */
function text(voice, words, place) {
  const all = WORDS[voice];
  const from = (place * 7919) % all.length;
  const taken = [];
  for (let i = 0; i < words; i++) taken.push(all[(from + i) % all.length]);
  return taken.join(' ');
}

/** A number of a name, so that a shared text is the same wherever it is used. */
function placeOf(name) {
  let place = 0;
  for (let i = 0; i < name.length; i++) place = (place * 31 + name.charCodeAt(i)) % 1000003;
  return place;
}

/** A text that requests share. It begins with its name, for two texts that begin alike would hit one cache. */
function sharedText(name, voice, words) {
  const mark = name.replace(/ /g, '-');
  return words < 1 ? '' : [mark, text(voice, words - 1, placeOf(name))].filter((part) => part !== '').join(' ');
}

function systemText(shape, place) {
  const own = shape.systemText !== undefined ? shape.systemText : text('instructions', shape.system || 0, place);
  const shared = shape.prefix === undefined ? '' : sharedText('prefix ' + shape.prefix[0], 'instructions', shape.prefix[1]);
  return [shared, own].filter((part) => part !== '').join(' ');
}

/** What the customer says in a turn: a given text, or words of its own. */
const customerText = ([, inputTokens, , given], place) =>
  given === undefined ? text('customer', inputTokens, place) : given;

const countWords = (said) => said.split(/\s+/).filter((word) => word !== '').length;
`;
