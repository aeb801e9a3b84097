import { createDiagnostic, type Diagnostic, sortDiagnostics } from '../../vocabulary/diagnostics.ts';
import type { ResultFile } from '../../vocabulary/result-file.ts';
import { type CapacityEstimate, estimateCapacity } from './capacity.ts';
import { diagnoseStep } from './diagnose-step.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function isLoopback(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

function diagnoseTarget({ target, machine }: ResultFile): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (target.simulated) {
    const hardware = target.hardware ?? 'the hardware it stands for';
    diagnostics.push(
      createDiagnostic(
        'SIMULATED_TARGET',
        `the engine is simulated; ${hardware} was not measured`,
        target.name,
      ),
    );
  }
  if (isLoopback(target.url)) {
    diagnostics.push(
      createDiagnostic(
        'SHARED_MACHINE',
        `generator and target shared ${machine.cores} cores of one machine`,
        target.name,
      ),
    );
  }
  return diagnostics;
}

/** What is known of a capacity that was not bracketed. */
function describeOpenEnd(capacity: Exclude<CapacityEstimate, { kind: 'bracketed' }>): string {
  switch (capacity.kind) {
    case 'at-least':
      return `every step up to ${capacity.turnsPerS.toFixed(1)} turns/s met the objectives: the capacity is higher`;
    case 'below':
      return 'no step met the objectives: the capacity is lower than any rate tried';
    case 'unknown':
      return 'no step was finished that saw an arrival: nothing is known of the capacity';
  }
}

function diagnoseCapacity(result: ResultFile): Diagnostic[] {
  const isSearch = (result.scenario.load as { kind?: unknown } | undefined)?.kind === 'find-capacity';
  const capacity = estimateCapacity(result);
  if (!isSearch || capacity.kind === 'bracketed') return [];
  return [createDiagnostic('CAPACITY_NOT_BRACKETED', describeOpenEnd(capacity))];
}

const INTERRUPTED_MESSAGE =
  'stopped before its end; requests in flight at that instant are counted as timed out (run-ended)';

/** Every doubt about a result, gravest first. */
export const diagnoseResult = (result: ResultFile): Diagnostic[] =>
  sortDiagnostics([
    ...(result.state === 'partial' ? [createDiagnostic('INTERRUPTED', INTERRUPTED_MESSAGE)] : []),
    ...diagnoseCapacity(result),
    ...result.steps.flatMap((step) => diagnoseStep(step, result.slos)),
    ...diagnoseTarget(result),
  ]);
