import type { MicroCase } from '../../bench/engines/tinybench/micro-case.ts';
import { auditRow } from './cases/audit-row.ts';
import { breaker } from './cases/breaker.ts';
import { histogramRecord } from './cases/histogram-record.ts';
import { ledger } from './cases/ledger.ts';
import { redaction, redactionClean } from './cases/redaction.ts';
import { scriptTemplate } from './cases/script-template.ts';
import { sseEncode } from './cases/sse-encode.ts';
import { sseParse, sseScan } from './cases/sse-parse.ts';
import { tokenEstimate } from './cases/token-estimate.ts';

/** The hot paths of the runtime and the bench that `busyhour micro` times. A new one is a file and a line here. */
export const MICRO_CASES: readonly MicroCase[] = [
  scriptTemplate,
  redaction,
  redactionClean,
  sseEncode,
  sseParse,
  sseScan,
  breaker,
  ledger,
  auditRow,
  tokenEstimate,
  histogramRecord,
];
