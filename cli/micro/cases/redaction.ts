import type { MicroCase } from '../../../bench/engines/tinybench/micro-case.ts';
import { createRedactor } from '../../../runtime/privacy/create-redactor.ts';
import { repeated } from './repeated.ts';

const PERSONAL = [
  'hi my name is Maria Schneider and my account number is 48201937',
  'you can reach me at maria.schneider@example.org or on +49 170 1234567 after five',
  'please charge the card 4111 1111 1111 1111 as last time, Maria',
  'the IBAN is DE89 3704 0044 0532 0130 00, thank you very much',
] as const;

const PLAIN = [
  'my internet has been slow since yesterday evening and restarting the router did not change anything',
  'is there a cheaper plan with the same number of minutes and a little more data',
  'thank you that helps a lot and one more thing can I pay in two parts',
  'no that is not what I meant, I need the appointment on another day next week',
] as const;

const OPERATIONS = 4;

const redactionOf = (name: string, messages: readonly string[]): MicroCase => ({
  name,
  prepare: () => {
    const redactor = createRedactor();
    return repeated(OPERATIONS, (i) => redactor.redact(messages[i % messages.length] ?? '').text.length);
  },
});

/** A message with personal data in it. */
export const redaction = redactionOf('redaction', PERSONAL);
/** A message without: what most turns pay. */
export const redactionClean = redactionOf('redaction-clean', PLAIN);
