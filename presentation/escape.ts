/** Controls (which could drive a terminal) and bidirectional overrides (which could show text as what it is not). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from a file, harmless to show anywhere: controls and direction overrides become U+FFFD; tabs and newlines stay. */
export const visibleText = (text: string): string => text.replace(UNSAFE, '\ufffd');

/** Same, on one line: for table cells, terminal lines and labels. */
export const singleLine = (text: string): string => visibleText(text.replace(/\s+/g, ' ')).trim();

/** With a capital first letter, for titles. */
export const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Ends in a full stop, so that another sentence can follow. */
export const asSentence = (text: string): string =>
  /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an HTML or SVG text node or a double-quoted attribute. */
export const escapeHtml = (text: string): string =>
  visibleText(text).replace(/[&<>"']/g, (character) => HTML[character] ?? character);

/** Text for a Markdown table cell or paragraph: no markup, no cell break, no raw HTML. */
export const escapeMarkdown = (text: string): string =>
  singleLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*[\]|~>#]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_');

/** A Markdown code block whose fence is longer than any run of backticks inside it. */
export function fencedBlock(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${visibleText(text)}\n${fence}`;
}

/** A command line that a POSIX shell reads back as the same words. */
export const shellCommand = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
