/**
 * Builds the price catalogue from a file of collected facts:
 *
 *   node scenarios/catalogue/build-catalogue.ts FACTS.json [OUT_DIR]
 *
 * Every entry keeps its source and date. A fact that no rule covers stops the build.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { unwrap } from '../../vocabulary/errors.ts';
import { writeFileAtomic } from '../../vocabulary/files.ts';
import { type Fact, figureEntry } from './build-figures.ts';
import { cpuEntry, gpuEntries, hardwareEntry } from './build-instances.ts';
import { llmEntry } from './build-llm.ts';

type Entries = Record<string, unknown>[];
type Facts = Readonly<Record<string, readonly Fact[]>>;

/** Each group: file name, the list of facts it comes from, and how one fact becomes entries. */
const GROUPS: readonly {
  readonly group: string;
  readonly facts: string;
  readonly entriesOf: (fact: Fact) => Entries;
}[] = [
  { group: 'llm-prices', facts: 'llm_api_prices', entriesOf: (fact) => [llmEntry(fact)] },
  { group: 'llm-discounts', facts: 'llm_discounts', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'cpu-instances', facts: 'cpu_instances', entriesOf: (fact) => [cpuEntry(fact)] },
  { group: 'gpu-prices', facts: 'gpu_cloud_prices', entriesOf: gpuEntries },
  { group: 'gpu-hardware', facts: 'gpu_hardware', entriesOf: (fact) => [hardwareEntry(fact)] },
  { group: 'managed-services', facts: 'managed_services', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'serverless', facts: 'serverless', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'provisioned-llm', facts: 'provisioned_llm', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'rate-limits', facts: 'provider_rate_limits', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'facility', facts: 'facility', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'people', facts: 'human_agents', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'voice', facts: 'voice_channel', entriesOf: (fact) => [figureEntry(fact)] },
  { group: 'demand', facts: 'demand_fits', entriesOf: (fact) => [figureEntry(fact)] },
];

/** File name → text of every catalogue file that the facts give. */
export function buildCatalogueFiles(factsText: string): ReadonlyMap<string, string> {
  const facts = JSON.parse(factsText) as Facts;
  const files = new Map<string, string>();
  for (const { group, facts: key, entriesOf } of GROUPS) {
    const entries = (facts[key] ?? []).flatMap(entriesOf);
    const file = { kind: 'busyhour-catalogue', schemaVersion: 1, group, entries };
    files.set(`${group}.yaml`, stringify(file, { lineWidth: 0 }));
  }
  return files;
}

function main(factsPath: string | undefined, outDir: string): void {
  if (factsPath === undefined) throw new Error('usage: build-catalogue.ts FACTS.json [OUT_DIR]');
  for (const [name, text] of buildCatalogueFiles(readFileSync(factsPath, 'utf8'))) {
    unwrap(writeFileAtomic(join(outDir, name), text));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv[2], process.argv[3] ?? dirname(fileURLToPath(import.meta.url)));
}
