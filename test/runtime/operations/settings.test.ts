import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewayConfigSchema, resolveGatewaySettings } from '../../../runtime/config.ts';
import { resolveGatewayConfig } from '../../../runtime/index.ts';
import { settingVariables } from '../../../runtime/operations/environment.ts';
import type { SettingSources } from '../../../runtime/operations/resolve-settings.ts';
import { renderResolvedView, resolvedViewFrom } from '../../../runtime/operations/resolved-view.ts';

function resolve(sources: Omit<SettingSources, 'what'>) {
  const resolved = resolveGatewaySettings({ ...sources, what: 'test' });
  if (resolved.kind === 'failed') throw new Error(JSON.stringify(resolved.failure));
  return resolved.value;
}

function issuesOf(environment: Record<string, string>) {
  const resolved = resolveGatewaySettings({ environment, what: 'test' });
  return resolved.kind === 'failed' ? resolved.failure.issues : [];
}

describe('settings from the environment', () => {
  it('knows a variable for every setting of every section', () => {
    const names = [...settingVariables(gatewayConfigSchema).keys()];
    for (const key of Object.keys(gatewayConfigSchema.shape)) {
      const name = `BUSYHOUR_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      expect(names).toContain(name);
    }
    expect(names).toContain('BUSYHOUR_DIALOG__SYSTEM_PROMPT');
    expect(names).toContain('BUSYHOUR_HISTORY__PATH');
  });

  it('reads text as it is, numbers as numbers and larger values as YAML', () => {
    const { config } = resolve({
      environment: {
        BUSYHOUR_PORT: '9090',
        BUSYHOUR_DIALOG__SYSTEM_PROMPT: '[be: brief]',
        BUSYHOUR_DIALOG__TEMPERATURE: '0.25',
        BUSYHOUR_PROVIDERS: '[{kind: grpc, name: a, address: "h:1"}]',
        BUSYHOUR_HISTORY: '{"kind":"sqlite","path":"a.sqlite"}',
        BUSYHOUR_HISTORY__PATH: 'b.sqlite',
        BUSYHOUR_LOG_LEVEL: '',
      },
    });
    expect(config).toMatchObject({
      port: 9090,
      dialog: { systemPrompt: '[be: brief]', temperature: 0.25 },
      providers: [{ kind: 'grpc', name: 'a', address: 'h:1' }],
      history: { kind: 'sqlite', path: 'b.sqlite' },
      logLevel: 'info',
    });
  });

  it('lays flags over the environment, that over the file, and that over defaults', () => {
    const resolved = resolve({
      file: { port: 1, maxInFlight: 2, drainMs: 3, dialog: { temperature: 0.1 } },
      environment: {
        BUSYHOUR_MAX_IN_FLIGHT: '20',
        BUSYHOUR_DRAIN_MS: '30',
        BUSYHOUR_DIALOG__MAX_CONTEXTS: '5',
      },
      flags: { drainMs: 300 },
    });
    expect(resolved.config).toMatchObject({ port: 1, maxInFlight: 20, drainMs: 300 });
    expect(resolved.config.dialog).toMatchObject({ temperature: 0.1, maxContexts: 5 });
    const originOf = (...path: string[]) => resolved.originOf(path);
    expect(originOf('port')).toBe('file');
    expect(originOf('maxInFlight')).toBe('environment');
    expect(originOf('drainMs')).toBe('flag');
    expect(originOf('host')).toBe('default');
    expect(originOf('dialog', 'temperature')).toBe('file');
    expect(originOf('dialog', 'maxContexts')).toBe('environment');
  });

  it('replaces a mapping of another kind as a whole', () => {
    const { config } = resolve({
      file: { history: { kind: 'sqlite', path: 'x' } },
      environment: { BUSYHOUR_HISTORY__KIND: 'memory' },
    });
    expect(config.history).toEqual({ kind: 'memory' });
  });

  it('names the variable of each wrong value, all of them at once', () => {
    const issues = issuesOf({
      BUSYHOUR_PORT: 'eighty',
      BUSYHOUR_DIALOG__TEMPERATURE: '7',
      BUSYHOUR_PROVIDERS: '[{kind: grpc, name: A, address: "h:1"}]',
      BUSYHOUR_TIMEOUTS: '{connectMs: [',
    });
    const paths = issues.map((issue) => issue.path);
    expect(paths).toContain('BUSYHOUR_PORT (port)');
    expect(paths).toContain('BUSYHOUR_DIALOG__TEMPERATURE (dialog.temperature)');
    expect(paths.some((path) => path.startsWith('BUSYHOUR_PROVIDERS (providers'))).toBe(true);
    expect(paths.some((path) => path.startsWith('BUSYHOUR_TIMEOUTS line'))).toBe(true);
    expect(issues.find(({ path }) => path.startsWith('BUSYHOUR_PORT'))?.got).toBe('"eighty"');
  });

  it('repeats no secret that was pasted where its hash or its variable belongs', () => {
    const provider = {
      kind: 'openai',
      name: 'v',
      baseUrl: 'https://v.example/v1',
      apiKeyEnv: 'sk-very-secret',
    };
    const wrong = resolveGatewaySettings({
      what: 'the file',
      file: { providers: [provider], tenants: [{ name: 'a', keys: ['sk-very-secret'] }], host: '' },
      environment: { BUSYHOUR_CUSTOMER_HASH_ENV: 'very-secret', BUSYHOUR_PRIVACY__KEYS_ENV: '=very-secret=' },
    });
    if (wrong.kind === 'ok') throw new Error('accepted');
    const { issues } = wrong.failure;
    expect(issues.map(({ path }) => path).sort()).toEqual([
      'BUSYHOUR_CUSTOMER_HASH_ENV (customerHashEnv)',
      'BUSYHOUR_PRIVACY__KEYS_ENV (privacy.keysEnv)',
      'host',
      'providers[0].apiKeyEnv',
      'tenants[0].keys[0]',
    ]);
    expect(JSON.stringify(wrong)).not.toContain('very-secret');
    expect(issues.find(({ path }) => path === 'host')?.got).toBe('""');
  });

  it('does not take the service address that Kubernetes injects for a port', () => {
    expect(resolve({ environment: { BUSYHOUR_PORT: 'tcp://10.0.0.1:80' } }).config.port).toBe(8080);
  });

  it('counts only when it is given', () => {
    process.env.BUSYHOUR_MAX_IN_FLIGHT = '7';
    try {
      const without = resolveGatewayConfig({});
      const with_ = resolveGatewayConfig({}, 'test', process.env);
      expect(without.kind === 'ok' && without.value.maxInFlight).toBe(1024);
      expect(with_.kind === 'ok' && with_.value.maxInFlight).toBe(7);
    } finally {
      delete process.env.BUSYHOUR_MAX_IN_FLIGHT;
    }
  });
});

describe('the resolved view', () => {
  const resolved = resolve({
    file: {
      providers: [
        {
          kind: 'openai',
          name: 'v',
          baseUrl: 'https://user:hunter2@vendor.example/v1?api_key=hunter2',
          apiKeyEnv: 'BUSYHOUR_VENDOR_KEY',
        },
      ],
    },
    environment: {
      BUSYHOUR_PORT: '9090',
      BUSYHOUR_PROT: '1',
      BUSYHOUR_VENDOR_KEY: 'x',
      BUSYHOUR_REDIS_URL: 'redis://r',
    },
    flags: { logLevel: 'warn' },
  });
  const view = resolvedViewFrom(resolved);
  const text = renderResolvedView(view);

  it('says of each value where it comes from', () => {
    expect(text).toMatch(/^port: 9090 # environment: BUSYHOUR_PORT$/m);
    expect(text).toMatch(/^logLevel: warn # flag$/m);
    expect(text).toMatch(/^host: 127\.0\.0\.1 # default$/m);
    expect(text).toMatch(/^providers:\n\s+# file$/m);
    expect(text).toMatch(/^ {2}allowedOrigins: \[\] # default$/m);
    expect(view.origins).toContainEqual({ path: 'port', value: 9090, origin: 'environment' });
  });

  it('masks passwords and names variables that set nothing', () => {
    expect(text).toContain('https://user:***@vendor.example/v1?api_key=***');
    expect(JSON.stringify(view) + text).not.toContain('hunter2');
    expect(view.unusedVariables).toEqual(['BUSYHOUR_PROT']);
    expect(text).toContain('BUSYHOUR_PROT');
  });

  it('is a configuration file that resolves to the same', () => {
    const plain = resolve({ environment: { BUSYHOUR_PORT: '9090' } });
    const again = resolve({ file: parse(renderResolvedView(resolvedViewFrom(plain))) });
    expect(again.config).toEqual(plain.config);
  });
});
