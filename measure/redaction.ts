import { createRedactor } from '../runtime/privacy/create-redactor.ts';

/** About 200 characters each: what a customer writes in one message. */
const MESSAGES = {
  withPersonalData:
    'Hello, my name is Daniel Whitmore and my broadband has been down since Tuesday morning, nobody came to look at it. Please call me back on 07700 900142 before six, I am at home all day and work here.',
  withoutPersonalData:
    'Hello, the broadband in my flat has been down since Tuesday morning and nobody came to look at it, could you tell me when it will work again? I am at home all day, and I work from here, so it is urgent.',
  inGerman:
    'Guten Tag, mein Name ist Sabine Krüger und das Internet geht seit Dienstag nicht mehr. Meine Kundennummer ist 30112845, bitte rufen Sie mich unter 0171 3920045 zurück, ich bin den ganzen Tag zu Hause.',
} as const;

const REPETITIONS = 20_000;
const ROUNDS = 7;

/** Processor time of one redaction, of several rounds the middle one. */
function medianUs(text: string): number {
  const redactor = createRedactor();
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let times = 0; times < REPETITIONS; times++) redactor.redact(text);
    const { user, system } = process.cpuUsage(before);
    // The first round is the compiler's.
    if (round > 0) rounds.push((user + system) / REPETITIONS);
  }
  return rounds.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? Number.NaN;
}

/** What the redaction of one message of some 200 characters costs, in microseconds of one core. */
export async function measureRedaction(): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(MESSAGES).map(([what, text]) => [
      what,
      { chars: text.length, medianUs: Number(medianUs(text).toFixed(1)) },
    ]),
  );
}
