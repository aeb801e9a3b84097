/**
 * What a script keeps of each request: one point of busyhour_wire_latency_ms, with everything else that is known of it as
 * metadata, which `busyhour k6 import` reads (requests.ts). `answer` is empty where the status decides.
 */
export const RECORD = `
const wireLatency = new Trend('busyhour_wire_latency_ms', true);
const latency = new Trend('busyhour_latency_ms', true);
const failedRate = new Rate('busyhour_failed');
const interactions = new Counter('busyhour_interactions');
const stepStarted = new Gauge('busyhour_step_started_at_unix_ms');
/** Of tokens only what an objective asks for: a point for each more would swell the file. */
const tokenTrends = Object.fromEntries(PLAN.tokenTrends.map(([span, name]) => [span, new Trend(name, true)]));

/** Milliseconds with a fraction, of one clock for the whole test. */
const clockMs = () => exec.instance.currentTestRunDuration;

/** Adds a point with metadata of its own. */
function addWith(metric, value, tags, known) {
  const { metadata } = exec.vu.metrics;
  const keys = Object.keys(known).filter((key) => known[key] !== undefined);
  for (const key of keys) metadata[key] = String(known[key]);
  metric.add(value, tags);
  for (const key of keys) delete metadata[key];
}

/** Spans between instants: the first from the send. */
const gapsText = (sentAtMs, instants) =>
  instants.map((atMs, i) => (atMs - (i === 0 ? sentAtMs : instants[i - 1])).toFixed(3)).join(',');

function addTokenSpans({ chunksAtMs, sentAtMs, usage }, slipMs) {
  if (chunksAtMs === undefined || chunksAtMs.length === 0) return;
  const firstMs = chunksAtMs[0] - sentAtMs;
  const tokens = usage === undefined ? chunksAtMs.length : usage.output;
  const spans = {
    wireTimeToFirstTokenMs: firstMs,
    timeToFirstTokenMs: slipMs === undefined ? undefined : firstMs + slipMs,
    timePerOutputTokenMs:
      tokens < 2 ? undefined : (chunksAtMs[chunksAtMs.length - 1] - chunksAtMs[0]) / (tokens - 1),
  };
  for (const span of Object.keys(tokenTrends)) {
    if (spans[span] !== undefined) tokenTrends[span].add(spans[span]);
  }
}

/** Keeps what is known of one turn beside the point that tells its time. */
function record(answer, slipMs) {
  const { usage, chunksAtMs, sentAtMs } = answer;
  addWith(wireLatency, answer.wireMs, answer.tags || {}, {
    ...answer.known,
    answer: answer.problem,
    slip_ms: slipMs,
    ...(chunksAtMs === undefined ? {} : { chunks_ms: gapsText(sentAtMs, chunksAtMs) }),
    ...(usage === undefined
      ? {}
      : { input_tokens: usage.input, output_tokens: usage.output, cached_tokens: usage.cached }),
    queue_wait_ms: answer.queueWaitMs,
  });
  failedRate.add(!answer.isCompleted);
  if (!answer.isCompleted) return;
  if (slipMs !== undefined) latency.add(answer.wireMs + slipMs);
  addTokenSpans(answer, slipMs);
}

function noteStart() {
  const isFirst = exec.scenario.name === PLAN.steps[0].id;
  const known = isFirst ? { busyhour_plan: JSON.stringify(PLAN.record), busyhour_url: BASE_URL } : {};
  addWith(stepStarted, exec.scenario.startTime, {}, known);
}

const noteInteraction = (event, dueAtMs) => addWith(interactions, 1, { event }, { due_at_unix_ms: dueAtMs });
`;
