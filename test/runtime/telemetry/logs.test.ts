import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../runtime/telemetry/logger.ts';
import { until } from '../support/gateway-rig.ts';
import { type BusyGateway, QUESTION, SECRETS, startBusyGateway } from './busy-gateway.ts';

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly [field: string]: unknown;
}

/** Keeps what is logged. */
class Lines {
  text = '';
  write(chunk: string): void {
    this.text += chunk;
  }
  get all(): readonly Line[] {
    return this.text
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let busy: BusyGateway | undefined;
afterEach(async () => {
  await busy?.close();
  busy = undefined;
});

describe('the log of a full run at its most talkative', () => {
  it('holds no key, no text, no name and no id of a customer, whatever was sent where', async () => {
    const lines = new Lines();
    busy = await startBusyGateway({ logDestination: lines });
    await busy.serve();
    // In places where a careless line would repeat it: header, query, path, method, user agent, trace state.
    const { gateway } = busy;
    await fetch(`${gateway.url}/v1/models?user=${encodeURIComponent(SECRETS.email)}`, {
      headers: {
        authorization: `Bearer ${SECRETS.key}`,
        'user-agent': SECRETS.name,
        tracestate: `v=${SECRETS.vendorKey}`,
      },
    });
    await fetch(`${gateway.url}/v1/interactions/${SECRETS.customer}`, {
      headers: { authorization: `Bearer ${SECRETS.key}` },
    });
    await busy.close();
    expect(lines.all.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(15);
    for (const secret of [
      ...Object.values(SECRETS),
      'Zaphod',
      'Beeblebrox',
      '4111',
      'charged twice',
      QUESTION,
    ]) {
      expect(lines.text.includes(secret), secret).toBe(false);
    }
  });

  it('says of each request its trace, tenant, route, outcome, status and time, as JSON', async () => {
    const lines = new Lines();
    busy = await startBusyGateway({ logDestination: lines });
    await fetch(`${busy.gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${SECRETS.key}`, traceparent: TRACEPARENT },
    });
    await fetch(`${busy.gateway.url}/v1/models`);
    await until(() => lines.all.filter(({ msg }) => msg === 'request').length === 2, 'two lines');
    const [first, second] = lines.all.filter(({ msg }) => msg === 'request');
    expect(first).toMatchObject({
      level: 30,
      service: 'gateway',
      id: expect.stringMatching(/\S/),
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      tenant: 'care',
      method: 'GET',
      route: '/v1/models',
      status: 200,
      outcome: 'ok',
      durationMs: expect.any(Number),
    });
    expect(second).toMatchObject({ status: 401, outcome: 'caller_unauthenticated' });
    expect(second).not.toHaveProperty('traceId');
  });

  it.each([
    ['info', 2],
    ['error', 0],
    ['silent', 0],
  ] as const)('at level %s has %i of two request lines', async (logLevel, expected) => {
    const lines = new Lines();
    busy = await startBusyGateway({ logDestination: lines, config: { logLevel } });
    await fetch(`${busy.gateway.url}/health`);
    await fetch(`${busy.gateway.url}/health`);
    await busy.close();
    expect(lines.all.filter(({ msg }) => msg === 'request')).toHaveLength(expected);
  });
});

describe('an error in the log', () => {
  it('keeps name, code, message, stack and causes, and drops what drivers hang on it', () => {
    const lines = new Lines();
    const redact = (text: string) => text.replaceAll(SECRETS.email, '[email]');
    const logger = createLogger('info', lines, redact);
    const cause = Object.assign(new Error(`no room for ${SECRETS.email}`), { code: '53100' });
    const error = Object.assign(new TypeError('cannot keep it', { cause }), {
      detail: `Key (customer)=(${SECRETS.customer})`,
      parameters: [QUESTION],
      request: { headers: { authorization: `Bearer ${SECRETS.key}` } },
    });
    logger.error({ err: error }, 'store failure');
    const [line] = lines.all;
    expect(line).toMatchObject({
      level: 50,
      msg: 'store failure',
      err: {
        type: 'TypeError',
        message: 'cannot keep it',
        stack: expect.stringContaining('logs.test.ts'),
        cause: { type: 'Error', code: '53100', message: 'no room for [email]' },
      },
    });
    for (const secret of Object.values(SECRETS)) expect(lines.text).not.toContain(secret);
  });

  it('is bounded, also when it is its own cause or no error at all', () => {
    const lines = new Lines();
    const logger = createLogger('info', lines);
    const error = new Error('x'.repeat(1_000_000));
    error.cause = error;
    logger.error({ err: error }, 'defect');
    logger.error({ err: 'only words' }, 'defect');
    expect(lines.text.length).toBeLessThan(20_000);
    expect(lines.all[1]).toMatchObject({ err: { message: 'only words' } });
  });
});
