import type { CheckContext, Rule } from '../context.ts';
import { broken, type Draft } from '../finding.ts';

function verticalTier({ claims }: CheckContext): Draft[] {
  const promise = claims.principles.noVerticalScaling;
  if (promise === undefined) return [];
  return claims.tiers.flatMap(({ id, scaling }) =>
    scaling === undefined || scaling.is === 'horizontal'
      ? []
      : [
          broken({
            place: promise,
            against: [scaling],
            sentence: `nothing is said to depend on scaling vertically, but ${id} scales ${scaling.is === 'both' ? 'both ways' : 'vertically'}`,
          }),
        ],
  );
}

function stateInProcess({ claims }: CheckContext): Draft[] {
  const promise = claims.principles.stateless;
  if (promise === undefined) return [];
  return claims.tiers.flatMap(({ id, state }) =>
    state === undefined || state.is === 'external'
      ? []
      : [
          broken({
            place: promise,
            against: [state],
            sentence: `services are said to hold no state, but ${id} may keep that of conversations in the memory of a process`,
          }),
        ],
  );
}

function environmentsDiffer({ claims }: CheckContext): Draft[] {
  const promise = claims.principles.identicalEnvironments;
  const [first, ...others] = claims.environments;
  if (promise === undefined || first === undefined) return [];
  return others.flatMap((other) => {
    const differing = Object.entries(first.settings).flatMap(([setting, here]) => {
      const there = other.settings[setting];
      return here === undefined || there === undefined || here.is === there.is
        ? []
        : [{ setting, here, there }];
    });
    if (differing.length === 0) return [];
    const list = differing
      .map(({ setting, here, there }) => `${setting} (${here.is}, ${there.is})`)
      .join(', ');
    return [
      broken({
        place: promise,
        against: differing.flatMap(({ here, there }) => [here, there]),
        sentence: `environments are said to be identical, but ${first.name} and ${other.name} differ in ${list}`,
      }),
    ];
  });
}

function sampledAnswers({ claims }: CheckContext): Draft[] {
  const promise = claims.principles.deterministicAnswers;
  if (promise === undefined || (claims.models.length === 0 && claims.calls.length === 0)) return [];
  return [
    broken({
      place: promise,
      against: claims.models.flatMap(({ totalUsd }) =>
        totalUsd === undefined ? [] : [{ path: totalUsd.path, line: totalUsd.statements[0].line }],
      ),
      sentence: 'answers are said to be deterministic, but a language model writes them, and it samples',
    }),
  ];
}

export const PRINCIPLE_RULES: readonly Rule[] = [
  { id: 'vertical-scaling', title: 'a principle holds for every tier', check: verticalTier },
  { id: 'stateless', title: 'stateless services keep state outside the process', check: stateInProcess },
  {
    id: 'identical-environments',
    title: 'identical environments have the same settings',
    check: environmentsDiffer,
  },
  { id: 'deterministic', title: 'a sampled answer is not deterministic', check: sampledAnswers },
];
