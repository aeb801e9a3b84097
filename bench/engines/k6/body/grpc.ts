/**
 * Protocol grpc: the token stream of an inference server (bench/drive/grpc.ts), one connection per virtual user. k6 reads
 * the interface from a file beside the script and from nowhere else.
 */
export const PROTO_FILE = 'busyhour-inference.proto';

export const GRPC = String.raw`
const METHOD = 'busyhour.inference.v1.Inference/GenerateStream';
const IS_TLS = BASE_URL.startsWith('https:');
const HOST = BASE_URL.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
const ADDRESS = /:\d+$/.test(HOST) ? HOST : HOST + (IS_TLS ? ':443' : ':80');
const UNAVAILABLE = 14;

const client = new grpc.Client();
try {
  client.load([], PLAN.protoFile);
} catch (error) {
  throw new Error(
    'expected ' + PLAN.protoFile + ' beside this script (' + error + '); its text is in the script: ' +
      "sed -n 's,^//proto ,,p' THIS_SCRIPT > " + PLAN.protoFile,
  );
}

let isConnected = false;

function disconnect() {
  if (isConnected) client.close();
  isConnected = false;
}

/** Undefined when the connection stands, else what became of it. */
function connect(patienceMs) {
  if (isConnected) return undefined;
  const { connectMs, firstTokenMs, totalMs } = PLAN.timeouts;
  const limits = [
    [connectMs, 'timed-out:connect'],
    [firstTokenMs, 'timed-out:first-token'],
    [totalMs, 'timed-out:total'],
    ...(patienceMs === undefined ? [] : [[patienceMs, 'timed-out:patience']]),
  ];
  const [limitMs, problem] = limits.reduce((least, limit) => (limit[0] < least[0] ? limit : least));
  try {
    client.connect(ADDRESS, { plaintext: !IS_TLS, timeout: limitMs + 'ms' });
    isConnected = true;
    return undefined;
  } catch (error) {
    const message = String(error);
    // k6 waits for its whole limit where nobody answers; any other failure comes at once.
    return /deadline exceeded/.test(message) ? [problem] : ['transport', { error: message.slice(0, 300) }];
  }
}

/** Reads the messages of one call: promptInfo, chunks, then exactly one of finishInfo and error. */
function listen(stream, answer) {
  let messages = 0;
  let isFinished = false;
  stream.on('data', ({ chunk, finishInfo, error }) => {
    const atMs = clockMs();
    messages++;
    answer.onContent((chunk && chunk.text) || '', atMs);
    if (error) {
      const problem = answer.hasBegun() ? 'grpc-message:begun' : 'grpc-message';
      answer.end(problem, { fault: error.code, error: String(error.message).slice(0, 200) });
    }
    if (!finishInfo) return;
    isFinished = true;
    const { usage, timings } = finishInfo;
    if (usage) answer.usage = { input: usage.promptTokens, output: usage.completionTokens, cached: usage.cachedPromptTokens };
    if (timings) answer.queueWaitMs = timings.queueWaitMs;
  });
  stream.on('error', ({ code, message }) => {
    const problem = answer.hasBegun() ? 'incomplete-stream' : code === UNAVAILABLE ? 'transport' : 'grpc-error';
    answer.end(problem, { error: String(message).slice(0, 300) });
    // k6 would try again at growing pauses; a new connection tells at once whether the target is back.
    if (code === UNAVAILABLE) disconnect();
  });
  stream.on('end', () => {
    const cut = !isFinished && messages > 0 ? 'incomplete-stream' : 'empty-answer';
    // An error is told before the end; what was told stands.
    answer.end(isFinished && answer.hasBegun() ? 'whole' : cut);
  });
}

/** Sends the request of one turn; the key is the interaction, so that its growing history can be kept by the server. */
function call({ messages, outputTokens }, customer, answer) {
  const { authorization } = customer.headers;
  try {
    const stream = new grpc.Stream(client, METHOD, {
      metadata: authorization === undefined ? {} : { authorization },
      tags: { name: METHOD },
    });
    listen(stream, answer);
    stream.write({
      chat: { messages },
      maxOutputTokens: outputTokens,
      ignoreEos: PLAN.exactOutputTokens,
      cacheKey: customer.id,
    });
    stream.end();
  } catch (error) {
    answer.end('transport', { error: String(error).slice(0, 300) });
    disconnect();
  }
}

const startConversation = (customer) => ({
  ask: (request) =>
    new Promise((resolve) => {
      const { patienceMs } = request;
      const sentAtMs = clockMs();
      const refusal = connect(patienceMs);
      const limits = { sentAtMs, patienceMs, isConnected: () => isConnected, cancel: disconnect };
      const answer = timedAnswer(limits, resolve);
      if (refusal === undefined) call(request, customer, answer);
      else answer.end(...refusal);
    }),
  close: () => {},
});
`;
