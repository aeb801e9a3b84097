/**
 * Benchmarks: `npm run measure -- NAME` prints one JSON object {"name":…,"figures":{…}} on its last line.
 * Figures are of the machine it runs on; ratios and errors travel better than absolute ones.
 */
type Measure = () => Promise<Record<string, unknown>>;

const MEASURES: Readonly<Record<string, () => Promise<Measure>>> = {
  start: async () => (await import('./start.ts')).measureStart,
  driver: async () => (await import('./driver.ts')).measureDriver,
  gate: async () => (await import('./gate.ts')).measureGate as Measure,
  gateway: async () => (await import('./gateway/gateway.ts')).measureGateway,
  planner: async () => (await import('./planner.ts')).measurePlanner,
  redaction: async () => (await import('./redaction.ts')).measureRedaction,
  'demo-model': async () => (await import('./demo-model.ts')).measureDemoModel,
};

const name = process.argv[2] ?? '';
const load = MEASURES[name];
if (load === undefined) {
  process.stderr.write(
    `usage: npm run measure -- NAME, with NAME one of ${Object.keys(MEASURES).join(', ')}\n`,
  );
  process.exit(2);
}
const measure = await load();
const figures = await measure();
process.stdout.write(`${JSON.stringify({ name, figures })}\n`);
