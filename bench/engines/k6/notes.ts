import type { Arrivals } from '../../../scenarios/arrivals.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { PROTO_FILE } from './body/grpc.ts';
import { partsOf } from './body/protocol-parts.ts';
import type { K6Arrivals, WantedStep } from './wanted-steps.ts';

/** Kinds whose rate stands still: k6's constant rate spaces them evenly, whatever they scatter like. */
const STATIONARY: readonly Arrivals['kind'][] = ['poisson', 'constant', 'gamma', 'modulated'];

export const isStationary = ({ kind }: Arrivals): boolean => STATIONARY.includes(kind);

/** What of k6's own arrival rates differs from the scenario's arrivals. */
const rateNotes = ({ arrivals, workload }: Scenario): string[] => [
  ...(arrivals.kind !== 'constant' && isStationary(arrivals)
    ? [
        `k6's arrival rate spaces interactions evenly; the scenario's ${arrivals.kind} arrivals are burstier (--arrivals schedule keeps them)`,
      ]
    : []),
  ...(workload.kind === 'requests'
    ? []
    : [
        'conversations begin with the step, so turns per second rise for as long as a conversation lasts (--arrivals schedule begins in the middle)',
      ]),
];

const loadNotes = ({ load, actions, workload }: Scenario): string[] => [
  ...(load.kind === 'sweep' && load.stopAfterMisses > 0
    ? ['every point of the sweep is run: k6 does not end it after points that miss']
    : []),
  ...(actions.length > 0 ? ['actions of the scenario (outages, kills) are not carried out'] : []),
  ...(workload.tokenCount === 'target'
    ? ["prompts have as many words as tokens were drawn: the target's tokenizer is not asked"]
    : []),
];

/** What a protocol's script needs, and what it sees of an answer. */
function protocolNotes({ protocol, timeouts }: Scenario): string[] {
  const limit = `k6 has one limit for a whole HTTP request: ${timeouts.totalMs} ms (those for connecting, first token and idle time are not kept)`;
  const beside =
    protocol === 'grpc'
      ? [
          `${PROTO_FILE} has to lie beside the script; its text is in the script too: sed -n 's,^//proto ,,p' SCRIPT > ${PROTO_FILE}`,
        ]
      : [];
  if (!partsOf(protocol).timesTokens) {
    return [limit, "k6 reads an answer whole: tokens are counted from the server's usage and not timed"];
  }
  return [
    ...(protocol === 'websocket' ? [`for opening an interaction ${limit}`] : []),
    "tokens are timed when k6's event loop hands them to the script",
    ...beside,
  ];
}

/** What k6 does otherwise than the native engine, and what its script needs. */
export function notesFor(
  scenario: Scenario,
  arrivals: K6Arrivals,
  steps: readonly WantedStep[],
): readonly string[] {
  const hasRates = arrivals === 'rate' && steps.some(({ load }) => load.kind === 'open');
  const variables =
    scenario.workload.tenants === undefined
      ? []
      : ['tenants send the API keys of their variables (-e NAME=…), those without one API_KEY'];
  return [
    ...(hasRates ? rateNotes(scenario) : []),
    ...loadNotes(scenario),
    ...variables,
    ...protocolNotes(scenario),
  ];
}
