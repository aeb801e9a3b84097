import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readMeasuredFile } from '../../planner/validate/measured-file.ts';
import { validateServing } from '../../planner/validate/protocol.ts';
import { unwrap } from '../../vocabulary/errors.ts';

const FILE = fileURLToPath(new URL('../../../shared/data/measured-llm/measured.csv.gz', import.meta.url));
const SEED = 1;

/** Capacity curves on published measurements of real GPUs: the table that `busyhour validate --measured` prints. */
export async function measureValidation(): Promise<Record<string, unknown>> {
  if (!existsSync(FILE)) return { validationSkipped: 'the measured points are not on this machine' };
  const { figures, baselines, judged, refused, failures } = unwrap(
    validateServing(unwrap(readMeasuredFile(FILE)), { source: 'measured-llm', seed: SEED }),
  );
  return {
    ...figures,
    judgedConfigurations: judged,
    refusedConfigurations: refused.length,
    failedConfigurations: failures.length,
    baselines,
  };
}
