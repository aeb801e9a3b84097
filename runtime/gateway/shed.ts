import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { FAULTS } from '../../vocabulary/faults.ts';
import type { GatewayContext } from './context.ts';
import { errorBodyFrom, errorHeadersFrom } from './error-body.ts';

const CHAT = '/v1/chat/completions';
const INTERACTIONS = '/v1/interactions';
const TURNS = '/turns';

/** The route of new work; undefined for probes, administration and what ends work that has begun. */
function newWorkOf({ method, url = '' }: IncomingMessage): string | undefined {
  if (method !== 'POST') return undefined;
  if (url === CHAT || url === INTERACTIONS) return url;
  return url.startsWith(INTERACTIONS) && url.endsWith(TURNS) ? `${INTERACTIONS}/:id${TURNS}` : undefined;
}

/**
 * Refuses a share of new work before it is routed, authenticated, read or parsed, while the process is overloaded:
 * a refusal that costs as much as a request would leave no time for requests.
 */
export function shedBeforeRouting(server: Server, context: GatewayContext): void {
  const { metrics, clock } = context;
  const { admission, overload, shedMetrics } = context.gate;
  const handlers = server.listeners('request') as RequestListener[];
  const refuse = (response: ServerResponse, route: string): void => {
    const fault = admission.overloaded();
    const body = JSON.stringify(errorBodyFrom(fault));
    const headers = { ...errorHeadersFrom(fault), 'content-type': 'application/json' };
    response.writeHead(FAULTS[fault.code].httpStatus, {
      ...headers,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
    metrics.requestEnded(route, fault.code, 0);
  };
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const route = newWorkOf(request);
    if (route !== undefined && overload.sheds(clock.nowMs())) {
      shedMetrics.shed('loop');
      refuse(response, route);
      return;
    }
    for (const handle of handlers) handle.call(server, request, response);
  });
}
