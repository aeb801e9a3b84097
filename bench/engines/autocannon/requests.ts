import type autocannon from 'autocannon';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { failed, ok, type Result } from '../../../vocabulary/errors.ts';
import type { Random } from '../../../vocabulary/random.ts';
import { splitUrl } from '../../drive/http-pool.ts';
import type { TargetOptions } from '../../run/target.ts';
import { createShapeSampler } from '../../workload/interaction.ts';
import { composeText } from '../../workload/text.ts';

/** Different bodies, sent in turn on each connection; more would only make the process larger. */
const BODIES = 32;

export interface AutocannonRequests {
  readonly url: string;
  readonly requests: autocannon.Request[];
  readonly headers: Record<string, string>;
}

interface Turn {
  readonly text: string;
  readonly outputTokens: number;
}

function drawTurns(scenario: Scenario, random: Random): Turn[] {
  const sampler = createShapeSampler(scenario.workload);
  return Array.from({ length: BODIES }, (_, i) => {
    const own = random.fork(`interaction ${i}`);
    const [turn] = sampler(own).turns;
    return {
      text: composeText('customer', turn?.inputTokens ?? 1, own.fork('text')),
      outputTokens: turn?.outputTokens ?? 1,
    };
  });
}

const plainBody = (turn: Turn) => ({ message: turn.text, max_tokens: turn.outputTokens });

const chatBody = (turn: Turn, model: string | undefined) => ({
  ...(model === undefined ? {} : { model }),
  messages: [{ role: 'user', content: turn.text }],
  max_tokens: turn.outputTokens,
  stream: false,
});

/** What is asked of the endpoint: first turns only, for autocannon knows no conversation; whole answers, no streams. */
export function requestsFrom(
  scenario: Scenario,
  target: TargetOptions,
  model: string | undefined,
  random: Random,
): Result<AutocannonRequests> {
  if (scenario.protocol !== 'http' && scenario.protocol !== 'openai-chat') {
    return failed('USAGE', `autocannon does not speak protocol ${scenario.protocol}`, {
      hint: 'Take --engine native, or a scenario of protocol http or openai-chat.',
    });
  }
  const isChat = scenario.protocol === 'openai-chat';
  const { origin, basePath } = splitUrl(target.url);
  const bodyOf = (turn: Turn): unknown => (isChat ? chatBody(turn, model) : plainBody(turn));
  return ok({
    url: isChat ? `${origin}${basePath}/v1/chat/completions` : target.url,
    headers: {
      'content-type': 'application/json',
      ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
    },
    requests: drawTurns(scenario, random).map((turn) => ({
      method: 'POST' as const,
      body: JSON.stringify(bodyOf(turn)),
    })),
  });
}
