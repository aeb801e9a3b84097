import { statedFigure, type VoiceSpec } from '../../scenarios/demand.ts';
import { figureOf, type SizingContext } from '../size/context.ts';
import { type InputFactor, relativeRange } from '../uncertainty/ranges.ts';
import { costLine, type DrivenLine, priceSource, rangeFactors } from './cost-line.ts';
import type { Volumes } from './volumes.ts';

/** Where each part of a spoken interaction has its price. */
const PARTS = [
  { line: 'telephone line', id: 'telephony/twilio-inbound-local', field: 'usdPerMin', per: 'call' },
  { line: 'speech recognition', id: 'stt/deepgram', field: 'usdPerMin', per: 'call' },
  { line: 'speech synthesis', id: 'tts/deepgram', field: 'usdPerMin', per: 'speech' },
  { line: 'recording', id: 'telephony/twilio-inbound-local', field: 'recordingUsdPerMin', per: 'recording' },
] as const;

/** Minutes of an interaction that a part is paid for. */
function minutesOf(per: (typeof PARTS)[number]['per'], voice: VoiceSpec): number {
  const minutes = statedFigure(voice.minutesPerInteraction).value;
  if (per === 'speech') return minutes * statedFigure(voice.spokenRatio).value;
  if (per === 'recording') return voice.recorded ? minutes : 0;
  return minutes;
}

/** The ranges that the file states, as factors. */
function voiceFactors(per: (typeof PARTS)[number]['per'], voice: VoiceSpec): InputFactor[] {
  const stated = [
    ['voice/minutesPerInteraction', statedFigure(voice.minutesPerInteraction)] as const,
    ...(per === 'speech' ? [['voice/spokenRatio', statedFigure(voice.spokenRatio)] as const] : []),
  ];
  return stated
    .filter(([, { low, high }]) => low < high)
    .map(([key, { value, low, high }]) => ({ key, range: relativeRange(value, { low, high }), power: 1 }));
}

/**
 * Channel minutes of a month: line and recognition for the whole of each call, synthesis for what the machine speaks,
 * recording where the demand asks for it. None where customers write.
 */
export function voiceLines(context: SizingContext, volumes: Volumes): DrivenLine[] {
  const voice = context.demand.file?.spec.voice;
  if (voice === undefined) return [];
  return PARTS.flatMap(({ line, id, field, per }) => {
    const minutes = minutesOf(per, voice);
    if (minutes === 0) return [];
    const price = figureOf(context, id, field);
    const priced = costLine({
      line,
      category: 'voice',
      quantity: volumes.interactionsPerMonth * minutes,
      unit: 'minutes',
      unitPriceUsd: price.value,
      ...priceSource(price),
    });
    const factors = [...rangeFactors(price), ...voiceFactors(per, voice)];
    return [{ line: priced, factors, tier: undefined, driver: 'volume' as const }];
  });
}
