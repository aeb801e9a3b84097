import type { Result } from '../../vocabulary/errors.ts';
import { MS_PER_S } from '../../vocabulary/units.ts';
import { readJsonLines, type TableRow } from '../tables.ts';
import type { TraceRequest } from './trace.ts';
import { collectTrace, type ReadRow } from './trace-collect.ts';
import { FieldReader, shownField } from './trace-fields.ts';
import { parseCount } from './trace-instants.ts';

/** Tokens behind one hash id (Qin et al., Mooncake, FAST 2025: prefix caching in blocks of 512). */
export const MOONCAKE_BLOCK_TOKENS = 512;

const idsFrom = (value: unknown): readonly number[] | undefined =>
  Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0) ? value : undefined;

/** A list with more blocks than the prompt has would be cut in silence; one with fewer leaves text of its own. */
const fits = (ids: readonly number[], inputTokens: number | undefined): boolean =>
  inputTokens === undefined || ids.length <= Math.ceil(inputTokens / MOONCAKE_BLOCK_TOKENS);

function readRow({ line, value }: TableRow<Readonly<Record<string, unknown>>>, reader: FieldReader): ReadRow {
  const inputTokens = reader.tokens(line, 'input_length', value.input_length);
  const expected = `hash_ids as a list of whole numbers ≥ 0, one for each ${MOONCAKE_BLOCK_TOKENS} tokens`;
  const ids =
    value.hash_ids === undefined
      ? undefined
      : reader.read(line, expected, value.hash_ids, (given) => {
          const read = idsFrom(given);
          return read !== undefined && fits(read, inputTokens) ? read : undefined;
        });
  return {
    line,
    atText: shownField(value.timestamp) ?? '',
    at: reader.read(line, 'timestamp as ms ≥ 0', value.timestamp, (at) => parseCount(at, MS_PER_S)),
    inputTokens,
    outputTokens: reader.tokens(line, 'output_length', value.output_length),
    ...(ids === undefined || ids.length === 0
      ? {}
      : { blocks: { ids, tokensPerBlock: MOONCAKE_BLOCK_TOKENS } }),
  };
}

/** Reads a Mooncake trace: JSON Lines of timestamp (ms), input_length, output_length and the blocks of the prompt. */
export function parseMooncakeTrace(
  text: string,
  what: string,
  sort = false,
): Result<readonly TraceRequest[]> {
  const { rows, issues } = readJsonLines(text);
  const reader = new FieldReader();
  const read = rows.map((row) => readRow(row, reader));
  return collectTrace(
    {
      rows: read,
      issues: [...issues, ...reader.issues],
      atColumn: 'timestamp',
      lines: rows.at(-1)?.line ?? 1,
    },
    what,
    sort,
  );
}
