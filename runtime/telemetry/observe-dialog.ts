import type { DialogService } from '../dialog/dialog-service.ts';
import type { TurnResult } from '../dialog/turn.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { activeSpan, withSpan } from './spans.ts';

const levelOf = (result: TurnResult): string | undefined => {
  if (result.kind !== 'refused') return result.turn.level;
  return result.answer.kind === 'answered' ? result.answer.answerer.level : undefined;
};

/** Counts each turn by its end, and makes it a span of its trace. Turns that throw had no answer: they count as refused. */
export function observeTurns(dialog: DialogService, metrics: GatewayMetrics): DialogService {
  const turn: DialogService['turn'] = (...args) =>
    withSpan('turn', {}, async () => {
      let result: TurnResult | undefined;
      try {
        result = await dialog.turn(...args);
        return result;
      } finally {
        const level = result === undefined ? undefined : levelOf(result);
        metrics.turnEnded(result?.kind ?? 'refused', level);
        activeSpan()?.set({
          'busyhour.turn.result': result?.kind ?? 'refused',
          'busyhour.turn.level': level ?? 'none',
        });
      }
    });
  return new Proxy(dialog, {
    get(target, name) {
      if (name === 'turn') return turn;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
