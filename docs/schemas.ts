import { join } from 'node:path';
import { z } from 'zod';
import { budgetsFileSchema } from '../bench/judge/budgets.ts';
import { planBudgetFileSchema } from '../planner/budget/ceilings.ts';
import { catalogueFileSchema } from '../scenarios/catalogue.ts';
import { claimsSchema } from '../scenarios/claims.ts';
import { demandFileSchema } from '../scenarios/demand.ts';
import { modeSchema } from '../scenarios/mode.ts';
import { scenarioSchema } from '../scenarios/scenario.ts';
import { unwrap } from '../vocabulary/errors.ts';
import { writeFileAtomic } from '../vocabulary/files.ts';
import { planDiffSchema } from '../vocabulary/plan-diff.ts';
import { planFileSchema } from '../vocabulary/plan-file.ts';
import { resultFileSchema } from '../vocabulary/result-file.ts';

interface SchemaSource {
  readonly title: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

/** Files that people or other tools read and write. Fields with defaults are optional in the schemas of inputs. */
const SOURCES: Readonly<Record<string, SchemaSource>> = {
  'result.schema.json': {
    title: 'busyhour result file',
    description: 'One run: counts, mergeable histograms and resources per step. See docs/result-file.md.',
    schema: resultFileSchema,
  },
  'plan.schema.json': {
    title: 'busyhour plan file',
    description:
      'Replicas, binding constraints and cost per deployment mode, each figure with what it rests on.',
    schema: planFileSchema,
  },
  'plan-diff.schema.json': {
    title: 'busyhour comparison of two plans',
    description:
      'What changed in replicas and money, and which inputs changed before that. See docs/plan.md.',
    schema: planDiffSchema,
  },
  'plan-budget.schema.json': {
    title: 'busyhour plan budget',
    description: 'Ceilings that a plan must keep. See docs/plan.md.',
    schema: planBudgetFileSchema,
  },
  'scenario.schema.json': {
    title: 'busyhour scenario',
    description: 'What load to ask for. Fields with defaults may be left out.',
    schema: scenarioSchema,
  },
  'budgets.schema.json': {
    title: 'busyhour budgets',
    description:
      'What the gate holds results against: budgets, baselines and how they are compared. See docs/ci.md.',
    schema: budgetsFileSchema,
  },
  'mode.schema.json': {
    title: 'busyhour deployment mode',
    description: 'Where each tier runs, what it costs and how it fails.',
    schema: modeSchema,
  },
  'claims.schema.json': {
    title: 'busyhour claims',
    description:
      'The figures of a deployment guide, with the lines that they were read on. See docs/check.md.',
    schema: claimsSchema,
  },
  'demand.schema.json': {
    title: 'busyhour demand',
    description: 'What arrives, when and in what shape. See docs/demand.md.',
    schema: demandFileSchema,
  },
  'catalogue.schema.json': {
    title: 'busyhour price catalogue',
    description: 'Prices and hardware figures, each with its source and date.',
    schema: catalogueFileSchema,
  },
};

/** File name to JSON Schema (draft 2020-12), as text: the same code gives the same bytes. */
export function buildSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SOURCES).map(([file, { title, description, schema }]) => {
      const { $schema, ...body } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      return [file, `${JSON.stringify({ $schema, title, description, ...body }, null, 2)}\n`];
    }),
  );
}

if (import.meta.main) {
  for (const [file, text] of buildSchemas()) {
    console.error(unwrap(writeFileAtomic(join(import.meta.dirname, 'schemas', file), text)));
  }
}
