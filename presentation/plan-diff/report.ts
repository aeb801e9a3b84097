import type { PlanDiff } from '../../vocabulary/plan-diff.ts';
import type { Report, Section } from '../blocks.ts';
import { budgetSection } from '../budget-section.ts';
import { groupDiagnostics } from '../diagnostics-text.ts';
import { formatInstant } from '../numbers.ts';
import { changesSection, otherFigures } from './changes-section.ts';
import { moneySection } from './money-section.ts';
import { reasonsSection } from './reasons-section.ts';

const notices = (diff: PlanDiff, which: 'appeared' | 'gone'): Section['blocks'] =>
  groupDiagnostics(diff.doubts[which]).map(({ code, severity, meaning, said }) => ({
    kind: 'notice',
    severity: which === 'gone' ? 'info' : severity,
    title: `${which === 'gone' ? 'no longer ' : ''}${code}`,
    text: meaning,
    items: said,
  }));

function doubtsSection(diff: PlanDiff): Section[] {
  const blocks = [...notices(diff, 'appeared'), ...notices(diff, 'gone')];
  return blocks.length === 0 ? [] : [{ id: 'doubts', title: 'Doubts that came and went', blocks }];
}

function simulatedNotice(diff: PlanDiff): string | undefined {
  const titles = diff.modes.flatMap((mode) => ('simulated' in mode && mode.simulated ? [mode.title] : []));
  return titles.length === 0
    ? undefined
    : `Modes that rest on a simulated engine, of which no such hardware was measured: ${titles.join(', ')}.`;
}

/** Two plans side by side for a pull request: what changed in replicas and money, and why. */
export function buildPlanDiffReport(diff: PlanDiff): Report {
  const { before, after } = diff;
  const changes = changesSection(diff);
  return {
    title: 'What changed in the plan',
    subtitle: `${before.name} (${formatInstant(before.createdAtUnixMs)}) → ${after.name} (${formatInstant(after.createdAtUnixMs)})`,
    simulatedNotice: simulatedNotice(diff),
    sections: [
      { ...changes, blocks: [...changes.blocks, ...otherFigures(diff)] },
      ...(diff.budget === undefined ? [] : [budgetSection(diff.budget)]),
      reasonsSection(diff),
      ...moneySection(diff),
      ...doubtsSection(diff),
    ],
  };
}
