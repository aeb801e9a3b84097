/** A metric that an expression asks for, with the labels that it matches on. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface PromqlNames {
  readonly selectors: readonly Selector[];
  /** Labels in `by`, `without`, `on`, `ignoring` and the groups. */
  readonly groupings: readonly string[];
}

type Token = { readonly kind: 'name' | 'string' | 'number' | 'sign'; readonly text: string };

/** Durations are read as numbers, variables of Grafana as durations; a string keeps its quotes. */
const TOKEN =
  /\s+|(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?<number>\$__rate_interval|\$?[0-9][0-9a-zA-Z.]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<sign>=~|!~|!=|==|<=|>=|[-+*/%^(){}[\],=<>:])/y;

const GROUPINGS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set([
  ...GROUPINGS,
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'inf',
  'nan',
  'atan2',
  'start',
  'end',
]);

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (match === null) throw new Error(`cannot read ${JSON.stringify(expression.slice(from, from + 20))}`);
    for (const kind of ['name', 'string', 'number', 'sign'] as const) {
      const text = match.groups?.[kind];
      if (text !== undefined) tokens.push({ kind, text });
    }
  }
  return tokens;
}

const textAt = (tokens: readonly Token[], at: number): string => tokens[at]?.text ?? '';

/** Names between the brackets that open at `at`, and where they close. */
function bracketed(
  tokens: readonly Token[],
  at: number,
  closing: string,
): { readonly names: string[]; readonly end: number } {
  let end = at + 1;
  const names: string[] = [];
  while (textAt(tokens, end) !== closing) {
    if (end >= tokens.length) throw new Error(`no ${closing}`);
    if (tokens[end]?.kind === 'name') names.push(textAt(tokens, end));
    end++;
  }
  return { names, end };
}

function matchersAt(
  tokens: readonly Token[],
  at: number,
): { readonly matchers: Selector['matchers']; readonly end: number } {
  const matchers: Selector['matchers'][number][] = [];
  const { end } = bracketed(tokens, at, '}');
  for (let each = at + 1; each < end; each += 4) {
    const [label, operator, quoted, comma] = [0, 1, 2, 3].map((step) => textAt(tokens, each + step));
    if (!['=', '!=', '=~', '!~'].includes(operator ?? '') || ![',', '}'].includes(comma ?? '')) {
      throw new Error(`not a matcher: ${label} ${operator} ${quoted} ${comma}`);
    }
    matchers.push({ label: label ?? '', operator: operator ?? '', value: quoted?.slice(1, -1) ?? '' });
  }
  return { matchers, end };
}

/** Every metric and label that a PromQL expression names. Throws at what it cannot read. */
export function promqlNames(expression: string): PromqlNames {
  const tokens = tokensOf(expression);
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as Token;
    const next = textAt(tokens, at + 1);
    if (kind !== 'name') continue;
    if (GROUPINGS.has(text) && next === '(') {
      const { names, end } = bracketed(tokens, at + 1, ')');
      groupings.push(...names);
      at = end;
    } else if (WORDS.has(text) || next === '(' || GROUPINGS.has(next)) continue;
    else if (next === '{') {
      const { matchers, end } = matchersAt(tokens, at + 1);
      selectors.push({ metric: text, matchers });
      at = end;
    } else selectors.push({ metric: text, matchers: [] });
  }
  return { selectors, groupings };
}
