/**
 * Limits, instants and the one end of an answer that comes in messages, over a socket or gRPC: bench/drive/timed-exchange.ts
 * in k6's words. Its only timer is cleared at the end, for k6 ends an iteration no sooner than its last timer.
 */
export const TIMED_ANSWER = `
function timedAnswer({ sentAtMs, patienceMs, isConnected, cancel }, settle) {
  const { connectMs, firstTokenMs, idleMs, totalMs } = PLAN.timeouts;
  const chunksAtMs = [];
  let text = '';
  let lastReadAtMs = sentAtMs;
  let timer;
  const answer = { isOver: false, usage: undefined, queueWaitMs: undefined };

  const limits = () => [
    [sentAtMs + totalMs, 'timed-out:total'],
    answer.hasBegun() ? [lastReadAtMs + idleMs, 'timed-out:idle'] : [sentAtMs + firstTokenMs, 'timed-out:first-token'],
    ...(patienceMs === undefined ? [] : [[sentAtMs + patienceMs, 'timed-out:patience']]),
    ...(isConnected() ? [] : [[sentAtMs + connectMs, 'timed-out:connect']]),
  ];
  const nearest = () => limits().reduce((least, limit) => (limit[0] < least[0] ? limit : least));
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const [atMs, problem] = nearest();
      if (clockMs() < atMs) arm();
      else {
        answer.end(problem);
        cancel();
      }
    }, Math.max(1, Math.ceil(nearest()[0] - clockMs())));
  };

  answer.hasBegun = () => chunksAtMs.length > 0;
  /** A piece of the answer; an empty one only shows that the other side lives. */
  answer.onContent = (piece, atMs) => {
    lastReadAtMs = atMs;
    if (piece === '' || answer.isOver) return;
    chunksAtMs.push(atMs);
    text += piece;
    // The idle limit may run out before the instant that the timer was set for.
    if (chunksAtMs.length === 1) arm();
  };
  answer.onSign = (atMs) => {
    lastReadAtMs = atMs;
  };
  /** Once: what comes later is not told. */
  answer.end = (problem, known, wholeText) => {
    if (answer.isOver) return;
    answer.isOver = true;
    clearTimeout(timer);
    const { usage, queueWaitMs } = answer;
    settle({
      problem,
      isCompleted: problem === 'whole',
      wireMs: clockMs() - sentAtMs,
      sentAtMs,
      chunksAtMs,
      known: known || {},
      text: wholeText === undefined ? text : wholeText,
      usage,
      queueWaitMs,
    });
  };
  arm();
  return answer;
}
`;
