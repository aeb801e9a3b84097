import { Gauge } from 'prom-client';
import { expect, it } from 'vitest';
import { startGateway } from '../../../runtime/gateway/start-gateway.ts';
import type { HistoryStore } from '../../../runtime/store/history-store.ts';
import { openSqliteHistory } from '../../../runtime/store/sqlite-history-store.ts';
import { unwrap } from '../../../vocabulary/errors.ts';

it('releases what it opened when its server cannot be made', async () => {
  const history: HistoryStore = unwrap(openSqliteHistory(':memory:'));
  const close = history.close.bind(history);
  let closes = 0;
  history.close = () => {
    closes++;
    return close();
  };
  const starting = startGateway(
    { port: 0, logLevel: 'silent' },
    {
      history,
      // A metric of this name is the server's own: making it a second time throws.
      createScrape: (registry) => {
        new Gauge({ name: 'busyhour_sockets', help: 'taken', registers: [registry] });
        return () => registry.metrics();
      },
    },
  );
  await expect(starting).rejects.toThrow('busyhour_sockets');
  expect(closes).toBe(1);
  await expect(history.ping()).rejects.toThrow();
});

it('leaves the removal of old records to another process where it is told to', async () => {
  for (const purges of [false, true]) {
    const history: HistoryStore = unwrap(openSqliteHistory(':memory:'));
    const apply = history.applyRetention.bind(history);
    let removals = 0;
    history.applyRetention = (...args) => {
      removals++;
      return apply(...args);
    };
    const config = { port: 0, logLevel: 'silent', retention: { turnsDays: 1 } } as const;
    const gateway = await startGateway(config, { history, purges });
    await gateway.close(0);
    expect(removals).toBe(purges ? 1 : 0);
  }
});
