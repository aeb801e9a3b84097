import type { Registry } from 'prom-client';
import { sFromMs } from '../../vocabulary/units.ts';
import type { DialogObserver } from '../dialog/dialog-observer.ts';
import { ESCALATION_TRIGGERS, type EscalationTrigger } from '../dialog/escalation/hand-over.ts';
import { LOGIC_FAILURES, type LogicFailure } from '../dialog/sandbox/logic-protocol.ts';
import { VERDICT_KINDS, type Verdict } from '../dialog/supervisor/verdict.ts';
import { BoundedCounter, BoundedHistogram } from './bounded-metrics.ts';
import { type MetricTable, SPAN_BUCKETS_S } from './metric-row.ts';

const counts = { type: 'counter', unit: 'count' } as const;
const spans = { type: 'histogram', unit: 'seconds', buckets: SPAN_BUCKETS_S } as const;

/** Of scripts, supervisor and escalation (docs/dialog.md). */
export const DIALOG_METRICS = {
  busyhour_dialog_decisions_total: {
    ...counts,
    help: 'Answered turns by who decided the answer',
    labels: { decided_by: ['script', 'agent'] },
  },
  busyhour_dialog_escalations_total: {
    ...counts,
    help: 'Hand-overs to a person by trigger',
    labels: { trigger: ESCALATION_TRIGGERS },
  },
  busyhour_supervisor_verdicts_total: {
    ...counts,
    help: 'Verdicts of the supervisor, by rules and by the reviewing model',
    labels: { verdict: VERDICT_KINDS, by: ['rules', 'model'] },
  },
  busyhour_supervisor_failures_total: {
    ...counts,
    help: 'Reviews by a model that gave no verdict; the setting decided',
    labels: {},
  },
  busyhour_script_step_seconds: {
    ...spans,
    help: 'Time of the script in a turn, without logic.js',
    labels: {},
  },
  busyhour_script_logic_seconds: {
    ...spans,
    help: 'Calls of logic.js by how they ended, waiting included',
    labels: { result: ['ok', ...LOGIC_FAILURES] },
  },
  busyhour_script_loads_total: {
    ...counts,
    help: 'Versions of scripts read, by whether they can run',
    labels: { result: ['ok', 'failed'] },
  },
} as const satisfies MetricTable;

/** Told of what the script and the supervisor add to the overhead of a turn. */
type StageReport = (stage: 'script' | 'supervisor', spanMs: number) => void;

/** Keeps the figures of the dialog. */
export class DialogMetrics implements DialogObserver {
  readonly #decisions: BoundedCounter;
  readonly #escalations: BoundedCounter;
  readonly #verdicts: BoundedCounter;
  readonly #failures: BoundedCounter;
  readonly #steps: BoundedHistogram;
  readonly #logic: BoundedHistogram;
  readonly #loads: BoundedCounter;

  readonly #onStage: StageReport;

  constructor(registry: Registry, onStage: StageReport = () => undefined) {
    this.#onStage = onStage;
    const counter = (name: keyof typeof DIALOG_METRICS) =>
      new BoundedCounter(name, DIALOG_METRICS[name], registry);
    const histogram = (name: keyof typeof DIALOG_METRICS) =>
      new BoundedHistogram(name, DIALOG_METRICS[name], registry);
    this.#decisions = counter('busyhour_dialog_decisions_total');
    this.#escalations = counter('busyhour_dialog_escalations_total');
    this.#verdicts = counter('busyhour_supervisor_verdicts_total');
    this.#failures = counter('busyhour_supervisor_failures_total');
    this.#steps = histogram('busyhour_script_step_seconds');
    this.#logic = histogram('busyhour_script_logic_seconds');
    this.#loads = counter('busyhour_script_loads_total');
  }

  turnDecided(decidedBy: 'script' | 'agent'): void {
    this.#decisions.add({ decided_by: decidedBy });
  }

  escalated(trigger: EscalationTrigger): void {
    this.#escalations.add({ trigger });
  }

  reviewed(verdict: Verdict['kind'], by: 'rules' | 'model'): void {
    this.#verdicts.add({ verdict, by });
  }

  supervised(spanMs: number): void {
    this.#onStage('supervisor', spanMs);
  }

  reviewFailed(): void {
    this.#failures.add({});
  }

  scriptStepped(spanMs: number): void {
    this.#steps.observe({}, sFromMs(spanMs));
    this.#onStage('script', spanMs);
  }

  logicCalled(result: 'ok' | LogicFailure, spanMs: number): void {
    this.#logic.observe({ result }, sFromMs(spanMs));
    this.#onStage('script', spanMs);
  }

  scriptLoaded(result: 'ok' | 'failed'): void {
    this.#loads.add({ result });
  }
}
