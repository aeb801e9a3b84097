import type { Catalogue } from '../../scenarios/catalogue.ts';
import type { Claims } from '../../scenarios/claims.ts';
import { createCheckContext, type Rule } from './context.ts';
import type { Finding, Severity } from './finding.ts';
import { CAPACITY_RULES } from './rules/capacity-rules.ts';
import { DEMAND_RULES } from './rules/demand-rules.ts';
import { INTERACTION_RULES } from './rules/interaction-rules.ts';
import { LOAD_RULES } from './rules/load-rules.ts';
import { MONEY_RULES } from './rules/money-rules.ts';
import { PEOPLE_RULES } from './rules/people-rules.ts';
import { PRINCIPLE_RULES } from './rules/principle-rules.ts';
import { REDUNDANCY_RULES } from './rules/redundancy-rules.ts';
import { RESTATED_RULES } from './rules/restated-rules.ts';
import { SERVICE_RULES } from './rules/service-rules.ts';
import { SHARE_RULES } from './rules/share-rules.ts';
import { SIZE_RULES } from './rules/size-rules.ts';

export type { Finding, Severity } from './finding.ts';

/** Every rule, in the order in which findings of one line are listed. */
export const CHECK_RULES: readonly Rule[] = [
  ...RESTATED_RULES,
  ...INTERACTION_RULES,
  ...CAPACITY_RULES,
  ...LOAD_RULES,
  ...SIZE_RULES,
  ...REDUNDANCY_RULES,
  ...DEMAND_RULES,
  ...MONEY_RULES,
  ...SHARE_RULES,
  ...PEOPLE_RULES,
  ...SERVICE_RULES,
  ...PRINCIPLE_RULES,
];

export interface CheckReport {
  readonly title: string;
  readonly source: string;
  readonly rules: number;
  /** By line of the document; what rests on no line comes last. */
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Severity, number>>;
}

const lineOf = ({ line }: Finding): number => line ?? Number.MAX_SAFE_INTEGER;

/**
 * Holds a document's figures against general laws. A rule speaks only where the document states all that it needs, so
 * that few claims give few findings and never a false one.
 */
export function checkClaims(claims: Claims, catalogue: Catalogue): CheckReport {
  const context = createCheckContext(claims, catalogue);
  const findings = CHECK_RULES.flatMap((rule) =>
    rule.check(context).map((draft) => ({ rule: rule.id, ...draft })),
  ).sort((a, b) => lineOf(a) - lineOf(b));
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return {
    title: claims.title,
    source: claims.source,
    rules: CHECK_RULES.length,
    findings,
    counts: { contradiction: count('contradiction'), doubt: count('doubt'), omission: count('omission') },
  };
}
