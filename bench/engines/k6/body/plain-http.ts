/** Protocol http: the customer's message posted to the URL itself; any 2xx body of at least one byte is an answer. */
export const PLAIN_HTTP = `
const read = (body) => ({ problem: body === '' ? 'empty-answer' : '', text: body });

const startConversation = (customer) => ({
  ask: ({ messages, outputTokens, patienceMs }) =>
    post({
      url: BASE_URL,
      accept: 'application/json',
      body: JSON.stringify({ message: messages[messages.length - 1].content, max_tokens: outputTokens }),
      limit: limitOf(patienceMs, 0),
      customer,
      read,
    }),
  close: () => {},
});
`;
