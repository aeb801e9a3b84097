/**
 * Protocol websocket: one opening and one socket per interaction, for all its turns (bench/drive/websocket.ts). k6 tells the
 * status of a refused upgrade in its own point of the socket alone, so the socket has a name that the import looks up.
 */
export const WEBSOCKET = String.raw`
const SOCKETS = INTERACTIONS.replace(/^http/, 'ws');
const OPEN = 1;
const FRAMES = ['hello', 'started', 'state', 'resync', 'resumed', 'pong'];
let sockets = 0;

/** Hands a frame to the turn that waits for its answer. */
function takeFrame(data, messageId, turn) {
  const atMs = clockMs();
  const frame = parsed(data);
  const type = frame && frame.type;
  const isOurs = ['text', 'completed', 'error'].indexOf(type) >= 0;
  if (!isOurs && FRAMES.indexOf(type) < 0) turn.end('malformed-response');
  else if (!isOurs || (frame.messageId !== undefined && frame.messageId !== messageId)) turn.onSign(atMs);
  else if (type === 'text') turn.onContent(String(frame.text || ''), atMs);
  else if (type === 'error') {
    const { code } = frame.error || {};
    // Before the first word an error on the socket is what a status would have been over HTTP.
    turn.end(turn.hasBegun() ? 'incomplete-stream' : 'refused-turn', { fault: code || undefined });
  } else endTurn(frame.turn || {}, turn);
}

function endTurn(completed, turn) {
  const { usage, timings, text } = completed;
  turn.usage = usageOf(usage, timings);
  turn.queueWaitMs = timings ? timings.queue_wait_ms : undefined;
  const whole = turn.hasBegun() ? 'whole' : 'empty-answer';
  turn.end(isTimedOutAgent(completed) ? 'agent-timed-out' : whole, {}, text);
}

function connectSocket(id, customer) {
  const name = exec.vu.idInTest + '-' + sockets++;
  const { metadata } = exec.vu.metrics;
  metadata.busyhour_socket = name;
  const socket = new WebSocket(SOCKETS + '/' + encodeURIComponent(id) + '/socket', 'busyhour.v1', {
    headers: customer.headers,
    tags: { name: SOCKETS + '/{id}/socket' },
  });
  delete metadata.busyhour_socket;
  let turn;
  let messageId = '';
  let turns = 0;
  let failure;
  let isUnwanted = false;

  const fail = (problemOf) => {
    if (failure === undefined) failure = problemOf(turn !== undefined && turn.hasBegun());
    if (turn !== undefined) turn.end(...failure);
  };
  const closed = (code) => (hasBegun) => [
    hasBegun ? 'incomplete-stream' : 'connection-reset',
    // 1012 and 1013 (service restart, try again later) are the socket's 503.
    { fault: code === 1012 ? 'gateway_draining' : undefined, error: 'the socket was closed with ' + code },
  ];
  const broken = (error) => (hasBegun) => [hasBegun ? 'incomplete-stream' : 'transport', { error, socket: name }];
  socket.onopen = () => {
    if (isUnwanted) socket.close(1000);
    else if (turn !== undefined && !turn.isOver) sendTurn();
  };
  socket.onmessage = ({ data }) => {
    if (turn !== undefined && !turn.isOver) takeFrame(data, messageId, turn);
  };
  socket.onerror = ({ error }) => {
    const code = /websocket: close (\d+)/.exec(error);
    fail(code === null ? broken(String(error).slice(0, 200)) : closed(Number(code[1])));
  };
  socket.onclose = ({ code }) => fail(closed(code || 1005));

  let said = '';
  const sendTurn = () => socket.send(JSON.stringify({ type: 'turn', messageId, text: said }));
  const close = () => {
    isUnwanted = true;
    // Closing one that still connects would block the script for as long as that lasts: onopen does it.
    if (socket.readyState === OPEN) socket.close(1000);
  };
  const ask = ({ messages, patienceMs }, sentAtMs) =>
    new Promise((resolve) => {
      const isConnected = () => socket.readyState === OPEN;
      messageId = 'm' + turns++;
      said = messages[messages.length - 1].content;
      turn = timedAnswer({ sentAtMs, patienceMs, isConnected, cancel: close }, resolve);
      if (failure !== undefined) turn.end(...failure);
      else if (isConnected()) sendTurn();
    });
  return { ask, close, isUsable: () => failure === undefined && !isUnwanted };
}

function startConversation(customer) {
  let socket;
  const close = () => {
    if (socket !== undefined) socket.close();
    socket = undefined;
  };
  const ask = async (request) => {
    const sentAtMs = clockMs();
    if (socket === undefined || !socket.isUsable()) {
      const opening = openInteraction(customer, request.patienceMs);
      if (!opening.isCompleted) return opening;
      socket = connectSocket(opening.interactionId, customer);
    }
    const answer = await socket.ask(request, sentAtMs);
    // After a failure the next turn opens an interaction of its own.
    if (!answer.isCompleted) close();
    return answer;
  };
  return { ask, close };
}
`;
