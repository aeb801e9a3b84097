import { assertNever } from '../vocabulary/errors.ts';
import type { Badge, Block, Cell, Report, Section, Table } from './blocks.ts';
import { escapeMarkdown, fencedBlock } from './escape.ts';

const badgeText = (badge: Badge | undefined): string =>
  badge === undefined ? '' : badge.kind === 'simulated' ? ` **${badge.text}**` : ` (${badge.text})`;

/** A verdict or basis that only repeats the cell's own words is said once. */
function cellText({ text, badge }: Cell): string {
  if (badge === undefined) return escapeMarkdown(text);
  return text === ''
    ? badgeText(badge)
        .trim()
        .replace(/^\(|\)$/g, '')
    : `${escapeMarkdown(text)}${badgeText(badge)}`;
}

const rowText = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function tableText(table: Table): string {
  return [
    `*${escapeMarkdown(table.caption)}*${badgeText(table.badge)}`,
    '',
    rowText(table.columns.map((each) => escapeMarkdown(each.title))),
    rowText(table.columns.map((each) => (each.numeric ? '---:' : '---'))),
    ...table.rows.map((row) => rowText(row.map(cellText))),
  ].join('\n');
}

function blockText(block: Block): string | undefined {
  switch (block.kind) {
    case 'table':
      return tableText(block);
    case 'chart':
      return undefined;
    case 'notice':
      return [
        `- ${block.severity} **${escapeMarkdown(block.title)}**: ${escapeMarkdown(block.text)}`,
        ...block.items.map((item) => `  - ${escapeMarkdown(item)}`),
      ].join('\n');
    case 'heading':
      return `### ${escapeMarkdown(block.text)}${badgeText(block.badge)}`;
    case 'paragraph':
      return escapeMarkdown(block.text);
    case 'command':
      return fencedBlock(block.text, 'sh');
    default:
      return assertNever(block);
  }
}

const sectionText = (section: Section): string =>
  [`## ${escapeMarkdown(section.title)}`, ...section.blocks.map(blockText)]
    .filter((text) => text !== undefined)
    .join('\n\n');

/** The report in Markdown: the same words and tables as the page, without the charts. */
export function renderMarkdown(report: Report): string {
  const head = [`# ${escapeMarkdown(report.title)}`, escapeMarkdown(report.subtitle)];
  const notice = report.simulatedNotice;
  if (notice !== undefined) head.push(`> **SIMULATED** ${escapeMarkdown(notice)}`);
  return `${[...head, ...report.sections.map(sectionText)].join('\n\n')}\n`;
}
