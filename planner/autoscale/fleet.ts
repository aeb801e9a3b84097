/** Replicas on nodes of their own: what is ready, what is still starting, and nodes that stand idle. Times in s. */

export interface StartLags {
  /** From the decision to a new node that can run something. */
  readonly nodeS: number;
  /** From a node to the first answer: container and model. */
  readonly replicaS: number;
  /** An idle node is kept so long before it is given back. */
  readonly idleNodeS: number;
}

interface Starting {
  readonly readyAtS: number;
  replicas: number;
}

interface IdleNodes {
  readonly untilS: number;
  nodes: number;
}

export interface Fleet {
  ready: number;
  starting: number;
  /** By where they start: on nodes that stood idle, and on new ones. Each in the order of getting ready. */
  readonly onIdleNodes: Starting[];
  readonly onNewNodes: Starting[];
  readonly idle: IdleNodes[];
  idleNodes: number;
}

export const createFleet = (ready: number): Fleet => ({
  ready,
  starting: 0,
  onIdleNodes: [],
  onNewNodes: [],
  idle: [],
  idleNodes: 0,
});

/** Nodes that are paid for. */
export const paidNodes = (fleet: Fleet): number => fleet.ready + fleet.starting + fleet.idleNodes;

function takeFrom(queue: Starting[], wanted: number): number {
  let left = wanted;
  for (let last = queue.at(-1); left > 0 && last !== undefined; last = queue.at(-1)) {
    const taken = Math.min(left, last.replicas);
    last.replicas -= taken;
    left -= taken;
    if (last.replicas === 0) queue.pop();
  }
  return wanted - left;
}

function takeIdleNodes(fleet: Fleet, wanted: number): number {
  let left = wanted;
  for (let last = fleet.idle.at(-1); left > 0 && last !== undefined; last = fleet.idle.at(-1)) {
    const taken = Math.min(left, last.nodes);
    last.nodes -= taken;
    left -= taken;
    if (last.nodes === 0) fleet.idle.pop();
  }
  fleet.idleNodes -= wanted - left;
  return wanted - left;
}

function grow(fleet: Fleet, replicas: number, lags: StartLags, nowS: number): void {
  const reused = takeIdleNodes(fleet, replicas);
  if (reused > 0) fleet.onIdleNodes.push({ readyAtS: nowS + lags.replicaS, replicas: reused });
  const fresh = replicas - reused;
  if (fresh > 0) fleet.onNewNodes.push({ readyAtS: nowS + lags.nodeS + lags.replicaS, replicas: fresh });
  fleet.starting += replicas;
}

function shrink(fleet: Fleet, replicas: number, lags: StartLags, nowS: number): void {
  const late = takeFrom(fleet.onNewNodes, replicas);
  const unready = late + takeFrom(fleet.onIdleNodes, replicas - late);
  fleet.starting -= unready;
  fleet.ready -= replicas - unready;
  if (lags.idleNodeS === 0) return;
  fleet.idle.push({ untilS: nowS + lags.idleNodeS, nodes: replicas });
  fleet.idleNodes += replicas;
}

/** Towards so many replicas: new ones start, on idle nodes first; those that are not ready go first. */
export function scaleFleet(fleet: Fleet, replicas: number, lags: StartLags, nowS: number): void {
  const change = replicas - fleet.ready - fleet.starting;
  if (change > 0) grow(fleet, change, lags, nowS);
  else if (change < 0) shrink(fleet, -change, lags, nowS);
}

/** So many ready replicas are gone with their machines; as many start at once on new ones. */
export function loseReplicas(fleet: Fleet, replicas: number, lags: StartLags, nowS: number): void {
  const lost = Math.min(fleet.ready, replicas);
  if (lost === 0) return;
  fleet.ready -= lost;
  fleet.starting += lost;
  fleet.onNewNodes.push({ readyAtS: nowS + lags.nodeS + lags.replicaS, replicas: lost });
}

function becomeReady(fleet: Fleet, queue: Starting[], nowS: number): void {
  for (let first = queue[0]; first !== undefined && first.readyAtS <= nowS; first = queue[0]) {
    fleet.ready += first.replicas;
    fleet.starting -= first.replicas;
    queue.shift();
  }
}

/** What became ready and what was given back by now. */
export function advanceFleet(fleet: Fleet, nowS: number): void {
  if (fleet.starting > 0) {
    becomeReady(fleet, fleet.onIdleNodes, nowS);
    becomeReady(fleet, fleet.onNewNodes, nowS);
  }
  for (let first = fleet.idle[0]; first !== undefined && first.untilS <= nowS; first = fleet.idle[0]) {
    fleet.idleNodes -= first.nodes;
    fleet.idle.shift();
  }
}
