/** How a script posts over HTTP and what it makes of the answer, whole. For every protocol that begins with a POST. */
export const HTTP_POST = String.raw`
/** k6 waits at most so long for a whole answer, and why it is then given up: the customer's patience or the limit. */
function limitOf(patienceMs, spentMs) {
  const leftMs = patienceMs === undefined ? Infinity : patienceMs - spentMs;
  return leftMs < PLAN.timeouts.totalMs
    ? { ms: Math.max(1, leftMs), problem: 'timed-out:patience' }
    : { ms: PLAN.timeouts.totalMs, problem: 'timed-out:total' };
}

const GAVE_UP = 1050;

/** The server's own code in an error body. */
function faultOf(body) {
  try {
    const { code } = JSON.parse(body).error;
    return typeof code === 'string' ? code : undefined;
  } catch (_) {
    return undefined;
  }
}

/** What is wrong where no whole 2xx answer came; empty where the status or the error code says it. */
function lostProblem({ status, error_code: errorCode, body }, limit) {
  if (errorCode === GAVE_UP) return limit.problem;
  // k6 forgets the status of an answer that was cut, but not that its body had begun.
  return status === 0 && body !== null ? 'incomplete-stream' : '';
}

/** Posts JSON; read turns a whole 2xx body into { problem, text, usage, queueWaitMs }. */
function post({ url, name, body, accept, limit, customer, read }) {
  const response = http.post(url, body, {
    headers: { 'content-type': 'application/json', accept, ...customer.headers },
    timeout: limit.ms + 'ms',
    redirects: 0,
    tags: { name: name || url },
  });
  const { status, error_code: errorCode, timings } = response;
  const given = response.body || '';
  const isWhole = status >= 200 && status < 300 && !errorCode;
  const reading = isWhole ? read(given) : { problem: lostProblem(response, limit) };
  return {
    ...reading,
    isCompleted: isWhole && reading.problem === '',
    wireMs: timings.blocked + timings.duration,
    tags: { status: String(status), error_code: String(errorCode || 0) },
    known: {
      fault: isWhole ? reading.fault : faultOf(given),
      error: errorCode ? String(response.error).slice(0, 200) : undefined,
    },
  };
}

/** Events of a stream that was read whole; one that no empty line ends does not count. */
function eventsOf(body) {
  const events = [];
  let event = '';
  let data;
  for (const line of body.split(/\r?\n/)) {
    if (line === '') {
      if (data !== undefined) events.push({ event, data });
      event = '';
      data = undefined;
    } else if (line.startsWith('data:')) {
      const value = line.slice(line[5] === ' ' ? 6 : 5);
      data = data === undefined ? value : data + '\n' + value;
    } else if (line.startsWith('event:')) {
      event = line.slice(line[6] === ' ' ? 7 : 6);
    }
  }
  return events;
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch (_) {
    return undefined;
  }
}

/** Tokens as the server counts them, in the words of OpenAI. */
function usageOf(usage, timings) {
  if (!usage) return undefined;
  const { cached_tokens: cached } = usage.prompt_tokens_details || {};
  const { cached_prompt_tokens: kept } = timings || {};
  return {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cached: typeof cached === 'number' ? cached : kept || 0,
  };
}
`;
