import { escapeHtml } from '../escape.ts';
import { INKS, type Ink } from './palette.ts';

/** Attributes of an element; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const attributeText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => ` ${name}="${escapeHtml(typeof value === 'number' ? round(value) : String(value))}"`,
    )
    .join('');

const round = (value: number): string => String(Number(value.toFixed(2)));

/** One SVG element; children are SVG text that is already escaped. */
export const element = (name: string, attributes: Attributes, ...children: readonly string[]): string =>
  children.length === 0
    ? `<${name}${attributeText(attributes)}/>`
    : `<${name}${attributeText(attributes)}>${children.join('')}</${name}>`;

/** A text element; its words are escaped here. */
export const label = (words: string, attributes: Attributes): string =>
  element('text', { ...filled('text'), ...attributes }, escapeHtml(words));

/** What a pointer shows over a mark. */
export const tooltip = (words: string): string => element('title', {}, escapeHtml(words));

/**
 * Colour of a fill: an attribute, which no content security policy blocks, for light paper, and a class that the
 * stylesheet turns for dark.
 */
export const filled = (ink: Ink): Attributes => ({ fill: INKS[ink].light, class: `fill-${ink}` });

/** The same for an outline without a fill. */
export const stroked = (ink: Ink): Attributes => ({
  stroke: INKS[ink].light,
  class: `stroke-${ink}`,
  fill: 'none',
});

/** A hollow mark: the page's own colour inside an outline. */
export const hollow = (ink: Ink): Attributes => ({
  stroke: INKS[ink].light,
  fill: INKS.paper.light,
  class: `stroke-${ink} fill-paper`,
});
