/**
 * What every exported script does, in k6's JavaScript. PLAN, SHAPES_TEXT and VOICES stand above it. One request gives one
 * point of busyhour_wire_latency_ms, with everything else that is known of it as metadata: `busyhour k6 import` reads that.
 */
export const SCRIPT_BODY = String.raw`
const SHAPES = new SharedArray('interactions', () => JSON.parse(SHAPES_TEXT));
const WORDS = Object.fromEntries(Object.entries(VOICES).map(([voice, text]) => [voice, text.split(' ')]));
const BASE_URL = (__ENV.BASE_URL || PLAN.url).replace(/\/+$/, '');
const MODEL = __ENV.MODEL || PLAN.model;
const HEADERS = {
  'content-type': 'application/json',
  ...(__ENV.API_KEY ? { authorization: 'Bearer ' + __ENV.API_KEY } : {}),
};

const wireLatency = new Trend('busyhour_wire_latency_ms', true);
const latency = new Trend('busyhour_latency_ms', true);
const failedRate = new Rate('busyhour_failed');
const interactions = new Counter('busyhour_interactions');
const stepStarted = new Gauge('busyhour_step_started_at_unix_ms');

export const options = PLAN.options;

/** Text of so many words, the same for the same place. */
function text(voice, words, place) {
  const all = WORDS[voice];
  const from = (place * 7919) % all.length;
  const taken = [];
  for (let i = 0; i < words; i++) taken.push(all[(from + i) % all.length]);
  return taken.join(' ');
}

/** A number of a name, so that a shared prefix is the same text wherever it is used. */
function placeOf(name) {
  let place = 0;
  for (let i = 0; i < name.length; i++) place = (place * 31 + name.charCodeAt(i)) % 1000003;
  return place;
}

function systemOf(shape, place) {
  const own = shape.systemText !== undefined ? shape.systemText : text('instructions', shape.system || 0, place);
  const shared = shape.prefix === undefined ? '' : text('instructions', shape.prefix[1], placeOf(shape.prefix[0]));
  return [shared, own].filter((part) => part !== '').join(' ');
}

function sleepUntil(atMs) {
  const leftMs = atMs - Date.now();
  if (leftMs > 0) sleep(leftMs / 1000);
}

/** The last JSON event of a stream that has a usage in it. */
function usageOf(body) {
  const at = body.lastIndexOf('"usage":{');
  if (at < 0) return undefined;
  const from = body.lastIndexOf('data:', at);
  const to = body.indexOf('\n', at);
  try {
    return JSON.parse(body.slice(from < 0 ? 0 : from + 5, from < 0 || to < 0 ? undefined : to)).usage;
  } catch (_) {
    return undefined;
  }
}

/** Empty for a whole answer, else the code of what is wrong with it. */
function chatProblem(body) {
  if (!/"content":\s*"[^"]/.test(body)) return body.indexOf('"error"') >= 0 ? 'incomplete-stream' : 'empty-answer';
  const isWhole = /"finish_reason":\s*"(stop|length|tool_calls|content_filter)"/.test(body);
  return isWhole ? '' : 'incomplete-stream';
}

function answerText(body) {
  let answer = '';
  for (const line of body.split('\n')) {
    if (!line.startsWith('data:') || line.indexOf('"content"') < 0) continue;
    try {
      const delta = JSON.parse(line.slice(5)).choices[0].delta;
      answer += (delta && delta.content) || '';
    } catch (_) {
      // A line that is not a chunk says nothing.
    }
  }
  return answer;
}

const PROTOCOLS = {
  http: {
    url: BASE_URL,
    body: (ask) => ({ message: ask.messages[ask.messages.length - 1].content, max_tokens: ask.outputTokens }),
    problemOf: (body) => (body.length > 0 ? '' : 'empty-answer'),
    textOf: (body) => body,
  },
  'openai-chat': {
    url: BASE_URL + '/v1/chat/completions',
    body: (ask) => ({
      model: MODEL,
      messages: ask.messages,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: ask.outputTokens,
      user: ask.id,
      ...(PLAN.exactOutputTokens ? { ignore_eos: true } : {}),
    }),
    problemOf: chatProblem,
    textOf: answerText,
  },
};
const PROTOCOL = PROTOCOLS[PLAN.protocol];

/** Keeps what is known of one request beside the point that tells its time. */
function record(response, problem, slipMs) {
  const wireMs = response.timings.blocked + response.timings.duration;
  const body = response.body || '';
  const usage = PLAN.protocol === 'openai-chat' ? usageOf(body) : undefined;
  const known = {
    answer: problem,
    ...(slipMs === undefined ? {} : { slip_ms: String(slipMs) }),
    ...(usage === undefined
      ? {}
      : {
          input_tokens: String(usage.prompt_tokens || 0),
          output_tokens: String(usage.completion_tokens || 0),
          cached_tokens: String((usage.prompt_tokens_details || {}).cached_tokens || 0),
        }),
  };
  const metadata = exec.vu.metrics.metadata;
  for (const key of Object.keys(known)) metadata[key] = known[key];
  const tags = { status: String(response.status), error_code: String(response.error_code || 0) };
  wireLatency.add(wireMs, tags);
  for (const key of Object.keys(known)) delete metadata[key];
  const isCompleted = problem === '' && response.status >= 200 && response.status < 300;
  failedRate.add(!isCompleted);
  if (isCompleted && slipMs !== undefined) latency.add(wireMs + slipMs);
  return isCompleted;
}

function ask(request, dueAtMs) {
  const slipMs = dueAtMs === undefined ? undefined : Math.max(0, Date.now() - dueAtMs);
  const timeout = Math.min(PLAN.totalMs, request.patienceMs || PLAN.totalMs);
  const params = { headers: HEADERS, timeout: timeout + 'ms', tags: { name: PROTOCOL.url } };
  const response = http.post(PROTOCOL.url, JSON.stringify(PROTOCOL.body(request)), params);
  const isOk = response.status >= 200 && response.status < 300;
  const problem = isOk ? PROTOCOL.problemOf(response.body || '') : '';
  return { isCompleted: record(response, problem, slipMs), body: response.body || '' };
}

/** Turns before the step began: they only exist as text. */
function historyOf(shape, place) {
  const messages = [];
  const system = systemOf(shape, place);
  if (system !== '') messages.push({ role: 'system', content: system });
  for (let turn = 0; turn < (shape.from || 0); turn++) {
    const [, inputTokens, outputTokens, given] = shape.turns[turn];
    messages.push({ role: 'user', content: given || text('customer', inputTokens, place + turn) });
    messages.push({ role: 'assistant', content: text('agent', outputTokens, place + turn) });
  }
  return messages;
}

function noteStart(step) {
  const { metadata } = exec.vu.metrics;
  if (exec.scenario.name === PLAN.steps[0].id) metadata.busyhour_plan = JSON.stringify(PLAN.record);
  stepStarted.add(exec.scenario.startTime);
  delete metadata.busyhour_plan;
}

/** One interaction: its turns one after another, each due when the customer has read and thought. */
export function interaction() {
  const { name, startTime, iterationInTest } = exec.scenario;
  const step = PLAN.steps.find(({ id }) => id === name);
  if (iterationInTest === 0) noteStart(step);
  const place = step.firstShape + (iterationInTest % step.shapes);
  const shape = SHAPES[place];
  if (shape === undefined) return;
  const endsAtMs = startTime + step.warmUpMs + step.windowMs;
  let dueAtMs = step.knowsSchedule ? Date.now() : undefined;
  if (shape.at !== undefined) {
    dueAtMs = startTime + shape.at;
    sleepUntil(dueAtMs);
  }
  const messages = historyOf(shape, place);
  interactions.add(1, { event: 'started' });
  for (let turn = shape.from || 0; turn < shape.turns.length; turn++) {
    const [thinkTimeMs, inputTokens, outputTokens, given] = shape.turns[turn];
    if (turn > (shape.from || 0)) {
      dueAtMs = Date.now() + (PLAN.thinks ? thinkTimeMs : 0);
      if (dueAtMs >= endsAtMs) return;
      sleepUntil(dueAtMs);
    }
    messages.push({ role: 'user', content: given || text('customer', inputTokens, place + turn) });
    const id = name + '-' + iterationInTest;
    const asked = ask({ id, messages, outputTokens, patienceMs: shape.patienceMs }, dueAtMs);
    if (!asked.isCompleted && PLAN.abandons) {
      interactions.add(1, { event: 'abandoned' });
      return;
    }
    if (asked.isCompleted && turn + 1 < shape.turns.length) {
      messages.push({ role: 'assistant', content: PROTOCOL.textOf(asked.body) });
    }
  }
  interactions.add(1, { event: 'completed' });
}
`;
