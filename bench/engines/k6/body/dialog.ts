/** Protocol dialog: one opening per interaction, then its turns as streams that are read whole (bench/drive/dialog*.ts). */
export const DIALOG = `
function problemOf(body, events, completed) {
  const error = events.find(({ event }) => event === 'error');
  if (error !== undefined) return { problem: 'incomplete-stream', fault: faultOf(error.data) };
  if (body === '') return { problem: 'empty-answer' };
  const isReadable = events.every(({ data }) => data.startsWith('{') && data.endsWith('}'));
  if (!isReadable || completed === null) return { problem: 'malformed-response' };
  if (completed === undefined) return { problem: 'incomplete-stream' };
  const hasText = events.some(({ event, data }) => event === 'text' && data.indexOf('"text":""') < 0);
  if (!hasText) return { problem: 'empty-answer' };
  return { problem: isTimedOutAgent(completed) ? 'agent-timed-out' : '' };
}

function read(body) {
  const events = eventsOf(body);
  const end = events.find(({ event }) => event === 'completed');
  const completed = end === undefined ? undefined : parsed(end.data) || null;
  const { text, usage, timings } = completed || {};
  return {
    ...problemOf(body, events, completed),
    text: text || '',
    usage: usageOf(usage, timings),
    queueWaitMs: timings ? timings.queue_wait_ms : undefined,
  };
}

/** The server keeps history, instructions and answer length, so only the customer's last message travels. */
function startConversation(customer) {
  let id;
  let turns = 0;
  const ask = ({ messages, patienceMs }) => {
    let openingMs = 0;
    if (id === undefined) {
      const opening = openInteraction(customer, patienceMs);
      if (!opening.isCompleted) return opening;
      id = opening.interactionId;
      openingMs = opening.wireMs;
    }
    const said = messages[messages.length - 1].content;
    const turn = post({
      url: INTERACTIONS + '/' + encodeURIComponent(id) + '/turns',
      name: INTERACTIONS + '/{id}/turns',
      accept: 'text/event-stream',
      body: JSON.stringify({ messageId: 'm' + turns++, text: said, stream: true }),
      limit: limitOf(patienceMs, openingMs),
      customer,
      read,
    });
    return { ...turn, wireMs: turn.wireMs + openingMs };
  };
  return { ask, close: () => {} };
}
`;
