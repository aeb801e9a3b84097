import { measureClaims } from './planner/claims.ts';
import { measurePlanSpeed } from './planner/plan-speed.ts';
import { measurePublished } from './planner/published.ts';
import { measureQueue } from './planner/queue.ts';
import { measureReplicas } from './planner/replicas.ts';
import { measureValidation } from './planner/validation.ts';
import { measureWeek } from './planner/week.ts';

/** A part of the planner that says how right or how quick it is. */
type Part = () => Promise<Record<string, unknown>>;

/** Each part gives figures of its own names; one that fails is told and does not take the others with it. */
const PARTS: Readonly<Record<string, Part>> = {
  validation: measureValidation,
  published: measurePublished,
  queue: measureQueue,
  speed: measurePlanSpeed,
  week: measureWeek,
  claims: measureClaims,
  replicas: measureReplicas,
};

async function figuresOf([name, part]: readonly [string, Part]): Promise<Record<string, unknown>> {
  process.stderr.write(`measuring ${name}\n`);
  try {
    return await part();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name} failed: ${reason}\n`);
    return { [`${name}Failed`]: reason };
  }
}

function partsOf(names: readonly string[]): [string, Part][] {
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    throw new Error(`no part ${unknown.join(', ')}: it is one of ${Object.keys(PARTS).join(', ')}`);
  }
  return Object.entries(PARTS).filter(([name]) => names.length === 0 || names.includes(name));
}

/** How right the planner is, and how quick: the figures of docs/accuracy.md. All parts, or those named after `planner`. */
export async function measurePlanner(
  names: readonly string[] = process.argv.slice(3),
): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const part of partsOf(names)) Object.assign(figures, await figuresOf(part));
  return figures;
}
