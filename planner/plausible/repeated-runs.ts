import { isDeepStrictEqual } from 'node:util';
import type { Issue } from '../../vocabulary/errors.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';

/** A run that is given twice would count twice: as many samples again, and as a replicate of itself. */
export const repeatedRuns = (results: readonly ResultFile[]): Issue[] =>
  results.flatMap((result, index) => {
    const first = results.findIndex((other) => isDeepStrictEqual(other, result));
    return first === index
      ? []
      : [
          {
            path: `results[${index}]`,
            expected: 'each run once',
            got: `run ${result.runId} again, as in results[${first}]`,
            fix: 'leave one out: no run is evidence of itself',
          },
        ];
  });
