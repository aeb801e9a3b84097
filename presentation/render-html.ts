import { createHash } from 'node:crypto';
import { assertNever } from '../vocabulary/errors.ts';
import type { Badge, Block, Cell, Column, Notice, Report, Section, Table } from './blocks.ts';
import { escapeHtml, visibleText } from './escape.ts';
import { STYLESHEET } from './stylesheet.ts';

const badgeText = (badge: Badge | undefined): string =>
  badge === undefined ? '' : ` <span class="badge ${badge.kind}">${escapeHtml(badge.text)}</span>`;

/** Names such as sizingTurnsPerS may break where a word begins, rather than anywhere. */
const breakable = (html: string): string =>
  html.replace(/[A-Za-z0-9]{14,}/g, (name) => name.replace(/([a-z])([A-Z])/g, '$1<wbr/>$2'));

function cellText(value: Cell, column: Column | undefined): string {
  const classes = [column?.numeric ? 'number' : '', value.muted ? 'muted' : ''].filter((name) => name !== '');
  const attributes = [
    classes.length === 0 ? '' : ` class="${classes.join(' ')}"`,
    value.hint === undefined ? '' : ` title="${escapeHtml(value.hint)}"`,
    ` data-label="${escapeHtml(column?.title ?? '')}"`,
  ].join('');
  return `<td${attributes}><span>${breakable(escapeHtml(value.text))}${badgeText(value.badge)}</span></td>`;
}

/** Tables scroll inside themselves, by keyboard too; on a narrow page each row becomes a card. */
function tableText(table: Table): string {
  const head = table.columns.map(
    (column) => `<th scope="col"${column.numeric ? ' class="number"' : ''}>${escapeHtml(column.title)}</th>`,
  );
  const rows = table.rows.map(
    (row) => `<tr>${row.map((value, index) => cellText(value, table.columns[index])).join('')}</tr>`,
  );
  return [
    `<div class="scroll${table.dense ? ' dense' : ''}" tabindex="0" role="region" aria-label="${escapeHtml(table.caption)}"><table>`,
    `<caption>${escapeHtml(table.caption)}${badgeText(table.badge)}</caption>`,
    `<thead><tr>${head.join('')}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}

function noticeText({ severity, title, text, items }: Notice): string {
  const list = items.map((item) => `<li>${escapeHtml(item)}</li>`).join('');
  return `<div class="notice ${severity}"><strong>${escapeHtml(title)}</strong> <span class="severity">${severity}</span> ${escapeHtml(text)}<ul>${list}</ul></div>`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'table':
      return tableText(block);
    case 'chart':
      return `<figure class="${block.width}" tabindex="0">${block.svg}</figure>`;
    case 'notice':
      return noticeText(block);
    case 'heading':
      return `<h3>${escapeHtml(block.text)}${badgeText(block.badge)}</h3>`;
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'command':
      return `<pre tabindex="0"><code>${escapeHtml(visibleText(block.text))}</code></pre>`;
    default:
      return assertNever(block);
  }
}

/** Runs of charts share one grid. */
function blocksText(blocks: readonly Block[]): string {
  const parts: string[] = [];
  blocks.forEach((block, index) => {
    if (block.kind === 'chart' && blocks[index - 1]?.kind !== 'chart') parts.push('<div class="charts">');
    parts.push(blockText(block));
    if (block.kind === 'chart' && blocks[index + 1]?.kind !== 'chart') parts.push('</div>');
  });
  return parts.join('\n');
}

const sectionText = (section: Section): string =>
  `<section id="${escapeHtml(section.id)}"><h2>${escapeHtml(section.title)}</h2>\n${blocksText(section.blocks)}\n</section>`;

const navigation = (sections: readonly Section[]): string =>
  `<nav aria-label="Sections">${sections
    .map((section) => `<a href="#${escapeHtml(section.id)}">${escapeHtml(section.title)}</a>`)
    .join(' ')}</nav>`;

/** The page may load nothing and run nothing: only its own stylesheet, named by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`;

/** The report as one page that refers to nothing outside itself and has no script. */
export function renderHtml(report: Report): string {
  const banner =
    report.simulatedNotice === undefined
      ? ''
      : `<p class="simulated-banner"><strong>SIMULATED</strong> ${escapeHtml(report.simulatedNotice)}</p>`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(report.title)}</title>`,
    `<style>${STYLESHEET}</style></head><body>`,
    `<header><h1>${escapeHtml(report.title)}</h1><p class="subtitle">${escapeHtml(report.subtitle)}</p>`,
    navigation(report.sections),
    `${banner}</header>`,
    '<main>',
    ...report.sections.map(sectionText),
    '</main></body></html>\n',
  ].join('\n');
}
