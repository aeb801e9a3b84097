import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Readiness } from '../../vocabulary/readiness.ts';
import type { DependencyState } from '../operations/dependency-states.ts';
import type { GatewayContext } from './context.ts';
import { readinessRowFrom } from './provider-states.ts';
import { GATEWAY_VERSION } from './version.ts';

export const healthSchema = z.object({ status: z.literal('alive') });

/** GET /health: the event loop turns. */
export const handleHealth = async (): Promise<z.infer<typeof healthSchema>> => ({ status: 'alive' });

/** Processes behind the same port: what the kernel deals to one that hangs waits until it is replaced. */
function workerStates({ peers, config }: GatewayContext): DependencyState[] {
  const silent = peers.silentWorkers?.() ?? 0;
  if (silent === 0) return [];
  const detail = `${silent} of ${config.workers} workers do not answer`;
  return [{ name: 'workers', kind: 'process', state: 'down', detail }];
}

/**
 * Ready means: some provider answers, be it only the keyword one, every store does, no worker behind the port hangs, and
 * no drain has begun.
 */
export async function readReadiness(context: GatewayContext): Promise<Readiness> {
  const [states, stores] = await Promise.all([context.states.read(), context.dependencies.read()]);
  const dependencies = [...stores, ...workerStates(context)];
  const isUp =
    states.some(({ probe }) => probe.state === 'up') && dependencies.every(({ state }) => state === 'up');
  return {
    status: context.admission.draining ? 'draining' : isUp ? 'ready' : 'not-ready',
    version: GATEWAY_VERSION,
    providers: states.map(readinessRowFrom),
    dependencies,
  };
}

/** GET /ready. */
export async function handleReady(
  context: GatewayContext,
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<Readiness> {
  const readiness = await readReadiness(context);
  reply.code(readiness.status === 'ready' ? 200 : 503);
  return readiness;
}

/** GET /metrics. */
export async function handleMetrics(
  context: GatewayContext,
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  reply.type(context.metrics.registry.contentType);
  return context.scrape();
}
