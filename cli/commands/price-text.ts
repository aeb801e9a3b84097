import type { EntryStanding } from '../../scenarios/catalogue/standing.ts';
import { unitOfField } from '../../scenarios/catalogue/units-of-fields.ts';
import type { CatalogueEntry, FigureRange, LlmPrice } from '../../scenarios/catalogue.ts';

type Fields = Readonly<Record<string, unknown>>;

const isRange = (value: unknown): value is FigureRange =>
  typeof value === 'object' && value !== null && 'low' in value && 'high' in value;

const valueText = (value: number | FigureRange): string =>
  typeof value === 'number'
    ? String(value)
    : `${value.low} to ${value.high}${value.mode === undefined ? '' : `, likeliest ${value.mode}`}`;

interface FigureText {
  readonly field: string;
  readonly text: string;
}

const recordOf = ({ entry }: CatalogueEntry): Fields =>
  'figures' in entry ? entry.figures : (entry as unknown as Fields);

/** Every figure of an entry with its unit. */
export function figureTexts(found: CatalogueEntry): FigureText[] {
  return Object.entries(recordOf(found)).flatMap(([field, value]) => {
    if (typeof value !== 'number' && !isRange(value)) return [];
    return [{ field, text: `${valueText(value)} ${unitOfField(field) ?? ''}`.trimEnd() }];
  });
}

/** One line for lists: input and output for tokens, the first figure for all others. */
function shortPrice(found: CatalogueEntry): string {
  if (found.group === 'llm-prices') {
    const { inputUsdPerMTokens, outputUsdPerMTokens } = found.entry;
    return `${inputUsdPerMTokens} in, ${outputUsdPerMTokens} out USD per million tokens`;
  }
  if (found.group === 'cpu-instances') return `${found.entry.usdPerHour} USD per hour`;
  const [first, ...others] = figureTexts(found).filter(({ field }) => field !== 'gpus');
  if (first === undefined) return found.entry.notes?.[0] ?? '';
  const what = found.group === 'gpu-prices' ? `${found.entry.gpus} × ${found.entry.gpu}: ` : '';
  return others.length === 0 ? `${what}${first.text}` : `${what}${first.text}, and ${others.length} more`;
}

/** A row of the list: group, id, price, and how far it can be relied on. */
export function listRow(found: CatalogueEntry, standing: EntryStanding): string {
  const { entry, group } = found;
  const marks = [
    ...(standing.stale ? ['stale'] : []),
    ...(standing.status === 'effective' ? [] : [standing.status]),
    ...(entry.sourcesAgree === false ? ['disputed'] : []),
    ...(entry.confidence === 'low' ? ['low confidence'] : []),
  ];
  const when = [entry.date, ...marks].join(', ');
  return `${group.padEnd(17)} ${entry.id.padEnd(44)} ${shortPrice(found).padEnd(48)} (${when})`.trimEnd();
}

function tierLines({ longContextTiers = [], peak }: LlmPrice): string[] {
  const pair = (prices: {
    inputUsdPerMTokens?: number | undefined;
    outputUsdPerMTokens?: number | undefined;
  }) => `${prices.inputUsdPerMTokens ?? '?'} in, ${prices.outputUsdPerMTokens ?? '?'} out`;
  return [
    ...longContextTiers.map((tier) => `above ${tier.aboveInputTokens} input tokens: ${pair(tier)}`),
    ...(peak === undefined ? [] : [`in peak hours (${peak.hoursUtc} UTC): ${pair(peak)}`]),
  ];
}

function changeLines({ scheduled = [], priceHistory = [], crossChecks = [], listPrice }: LlmPrice): string[] {
  const pair = (prices: Fields): string =>
    `${String(prices.inputUsdPerMTokens ?? '?')} in, ${String(prices.outputUsdPerMTokens ?? '?')} out`;
  return [
    ...(listPrice === undefined ? [] : [`list price: ${pair(listPrice)}`]),
    ...scheduled.map((change) => `from ${change.effectiveFrom}: ${pair(change)} (${change.state})`),
    ...priceHistory.map((past) => `was, from ${past.effectiveFrom ?? 'the start'}: ${pair(past)}`),
    ...crossChecks.map((other) => `${other.source} says ${pair(other)}`),
  ];
}

/** Everything that the catalogue knows of an entry, in words. */
export function explainEntry(found: CatalogueEntry, standing: EntryStanding): string {
  const { entry, group } = found;
  const width = Math.max(0, ...figureTexts(found).map(({ field }) => field.length));
  const dispute = entry.sourcesAgree === false ? ['the sources disagree: plans use the range'] : [];
  const extra = found.group === 'llm-prices' ? [...tierLines(found.entry), ...changeLines(found.entry)] : [];
  const age = `${standing.ageDays} days old, keeps for ${standing.shelfLifeDays}${standing.stale ? ': stale' : ''}`;
  return [
    `${entry.id} (${group})`,
    ...figureTexts(found).map(({ field, text }) => `  ${field.padEnd(width)}  ${text}`),
    ...extra.map((line) => `  ${line}`),
    `source:     ${entry.source}`,
    `date:       ${entry.dateText ?? entry.date} (${age})`,
    `status:     ${standing.sentence ?? standing.status}`,
    ...(entry.confidence === undefined ? [] : [`confidence: ${entry.confidenceText ?? entry.confidence}`]),
    ...dispute.map((line) => `dispute:    ${line}`),
    ...(entry.notes ?? []).map((note) => `note:       ${note}`),
    `file:       ${found.file}`,
  ].join('\n');
}
