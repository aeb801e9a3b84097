/** Protocol openai-chat: a streamed completion with the whole history, judged event by event as bench/drive/openai-chat.ts does. */
export const OPENAI_CHAT = String.raw`
const COMPLETIONS = BASE_URL + '/v1/chat/completions';

/** Empty for a whole answer, else what is wrong with it. */
function problemOf(body, events) {
  const datas = events.map(({ data }) => data).filter((data) => data !== '[DONE]');
  const error = datas.find((data) => /^\{\s*"error"\s*:\s*[^n]/.test(data));
  if (error !== undefined) return { problem: 'incomplete-stream', fault: faultOf(error) };
  if (body === '') return { problem: 'empty-answer' };
  const isReadable = datas.every((data) => data.startsWith('{') && data.endsWith('}'));
  if (!isReadable || events.length === 0) return { problem: 'malformed-response' };
  if (!datas.some((data) => /"finish_reason":\s*"/.test(data))) return { problem: 'incomplete-stream' };
  return { problem: datas.some((data) => /"content":\s*"[^"]/.test(data)) ? '' : 'empty-answer' };
}

function contentOf(data) {
  const { choices } = parsed(data) || {};
  const { delta } = (choices || [])[0] || {};
  return (delta && delta.content) || '';
}

function read(body) {
  const events = eventsOf(body);
  const last = [...events].reverse().find(({ data }) => data.indexOf('"usage":{') >= 0);
  const { usage, timings } = (last && parsed(last.data)) || {};
  return {
    ...problemOf(body, events),
    text: events.map(({ data }) => (data.indexOf('"content"') < 0 ? '' : contentOf(data))).join(''),
    usage: usageOf(usage, timings),
    queueWaitMs: timings ? timings.queue_wait_ms : undefined,
  };
}

const startConversation = (customer) => ({
  ask: ({ messages, outputTokens, patienceMs }) =>
    post({
      url: COMPLETIONS,
      accept: 'text/event-stream',
      body: JSON.stringify({
        model: MODEL,
        messages,
        stream: true,
        stream_options: { include_usage: true },
        max_tokens: outputTokens,
        user: customer.id,
        ...(PLAN.exactOutputTokens ? { ignore_eos: true } : {}),
      }),
      limit: limitOf(patienceMs, 0),
      customer,
      read,
    }),
  close: () => {},
});
`;
