/** One interaction of a script: who the customer is, and its turns one after another. The same for every protocol. */
export const INTERACTION = `
const SHAPES = new SharedArray('interactions', () => JSON.parse(SHAPES_TEXT));

const UNSET = Object.values(PLAN.tenantKeys).filter((variable) => !__ENV[variable]);
if (UNSET.length > 0) throw new Error('the API keys of tenants are not set: -e ' + UNSET.join('=… -e ') + '=…');

export const options = PLAN.options;

const pause = (spanMs) => new Promise((resolve) => setTimeout(resolve, spanMs));

async function pauseUntil(atMs) {
  const leftMs = atMs - Date.now();
  if (leftMs > 0) await pause(leftMs);
}

/** What of a customer every request carries. */
function customerOf(shape, id) {
  const variable = shape.tenant === undefined ? undefined : PLAN.tenantKeys[shape.tenant];
  const key = variable === undefined ? __ENV.API_KEY : __ENV[variable];
  return { id, headers: key ? { authorization: 'Bearer ' + key } : {} };
}

const pastTurn = (user, assistant) => ({
  messages: [
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ],
  words: countWords(user) + countWords(assistant),
});

/** Turns before the step began: they only exist as text. */
const pastOf = (shape, place) =>
  shape.turns.slice(0, shape.from || 0).map((turn, i) =>
    pastTurn(customerText(turn, place + i), text('agent', turn[2], place + i)));

/** The newest turns that fit the history limit, oldest first. */
function historyOf(past) {
  let words = 0;
  let from = past.length;
  while (from > 0 && words + past[from - 1].words <= PLAN.maxHistoryTokens) words += past[--from].words;
  return past.slice(from).reduce((all, { messages }) => all.concat(messages), []);
}

/** Asks turn after turn, each due when the customer has read and thought; how the interaction ended, undefined at the step's end. */
async function converse({ shape, place, conversation, startsAtMs, endsAtMs, knowsSchedule }) {
  const system = systemText(shape, place);
  const past = pastOf(shape, place);
  const first = shape.from || 0;
  let dueAtMs = startsAtMs;
  for (let turn = first; turn < shape.turns.length; turn++) {
    if (turn > first) {
      dueAtMs = Date.now() + (PLAN.thinks ? shape.turns[turn][0] : 0);
      if (dueAtMs >= endsAtMs) return undefined;
      await pauseUntil(dueAtMs);
    }
    const said = customerText(shape.turns[turn], place + turn);
    const messages = [
      ...(system === '' ? [] : [{ role: 'system', content: system }]),
      ...historyOf(past),
      { role: 'user', content: said },
    ];
    const slipMs = knowsSchedule ? Math.max(0, Date.now() - dueAtMs) : undefined;
    const answer = await conversation.ask({ messages, outputTokens: shape.turns[turn][2], patienceMs: shape.patienceMs });
    record(answer, slipMs);
    const isLast = turn + 1 === shape.turns.length;
    const hasLeft = answer.problem === 'timed-out:patience';
    if (answer.isCompleted) past.push(pastTurn(said, answer.text));
    else if (isLast || hasLeft || PLAN.abandons) return { event: 'abandoned', dueAtMs };
  }
  return { event: 'completed', dueAtMs };
}

/** What k6 calls for each interaction. */
export async function interaction() {
  const { name, startTime, iterationInTest } = exec.scenario;
  const step = PLAN.steps.find(({ id }) => id === name);
  if (iterationInTest === 0) noteStart();
  const place = step.firstShape + (iterationInTest % Math.max(1, step.shapes));
  const shape = step.shapes === 0 ? undefined : SHAPES[place];
  if (shape === undefined) return;
  const startsAtMs = shape.at === undefined ? Date.now() : startTime + shape.at;
  await pauseUntil(startsAtMs);
  const endsAtMs = startTime + step.warmUpMs + step.windowMs;
  const { knowsSchedule } = step;
  const conversation = startConversation(customerOf(shape, name + '-' + iterationInTest));
  // One that was under way as the step began has started before it.
  if (!shape.from) noteInteraction('started', startsAtMs);
  try {
    const end = await converse({ shape, place, conversation, startsAtMs, endsAtMs, knowsSchedule });
    if (end !== undefined) noteInteraction(end.event, end.dueAtMs);
  } finally {
    conversation.close();
  }
}
`;
