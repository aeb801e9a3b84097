/** How a script opens an interaction of the gateway, for turns over HTTP and over a socket. */
export const DIALOG_OPENING = `
const INTERACTIONS = BASE_URL + '/v1/interactions';

function readOpened(body) {
  if (body === '') return { problem: 'empty-answer' };
  const { interactionId } = parsed(body) || {};
  const isOpened = typeof interactionId === 'string' && interactionId !== '';
  return isOpened ? { problem: '', interactionId } : { problem: 'malformed-response' };
}

/** The opening is the first turn's: it lasts as the customer sees it, and where it fails the turn has failed. */
const openInteraction = (customer, patienceMs) =>
  post({
    url: INTERACTIONS,
    accept: 'application/json',
    body: '{}',
    limit: limitOf(patienceMs, 0),
    customer,
    read: readOpened,
  });

/** A person instead of the answer that was waited for. */
const isTimedOutAgent = ({ handOver }) => Boolean(handOver) && handOver.trigger === 'agent_timeout';
`;
