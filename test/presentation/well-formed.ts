const VOID = new Set(['meta', 'br', 'link', 'img', 'hr', 'input']);

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<]*")?)*)\s*(\/?)>/g;

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([a-zA-Z][\w:-]*)(?:="([^"<]*)")?/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

/**
 * Every element of HTML or SVG text; throws where a tag is not closed, closed in the wrong order, or where a `<` stands
 * that begins no tag. Strict enough to notice text that was not escaped. The stylesheet is taken as text.
 */
export function parseElements(markup: string): Element[] {
  const text = markup.replace(/<!doctype html>/, '').replace(/<style>[^<]*<\/style>/g, '<style></style>');
  const open: string[] = [];
  const elements: Element[] = [];
  let at = 0;
  for (const match of text.matchAll(TAG)) {
    const between = text.slice(at, match.index);
    if (/[<>]/.test(between)) throw new Error(`stray < or > in: ${between.slice(0, 200)}`);
    at = match.index + match[0].length;
    const [, closing, name = '', attributes = '', selfClosing] = match;
    if (closing === '/') {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> closes <${expected ?? 'nothing'}>`);
      continue;
    }
    elements.push({ name, attributes: attributesOf(attributes) });
    if (selfClosing !== '/' && !VOID.has(name)) open.push(name);
  }
  if (/[<>]/.test(text.slice(at))) throw new Error('stray < or > at the end');
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return elements;
}
