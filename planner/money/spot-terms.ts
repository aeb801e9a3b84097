import type { Catalogue, CatalogueFigure } from '../../scenarios/catalogue.ts';
import { optionalFigure } from '../size/context.ts';
import type { SpotTerms } from './purchase.ts';

/** Terms of interruptible machines without their price, with the figures that they are read from. */
export type SpotTermsRead = Omit<SpotTerms, 'spotUsdPerHour'> & {
  readonly figures: readonly CatalogueFigure[];
};

/** From the catalogue: how many are taken back in a month, the notice, and how long the next one takes to be ready. */
export function readSpotTerms(catalogue: Catalogue): SpotTermsRead | undefined {
  const read = [
    optionalFigure(catalogue, 'default/spot-interruption', 'interruptedPerMonthRatio'),
    optionalFigure(catalogue, 'aws/spot-interruption-notice', 'noticeS'),
    optionalFigure(catalogue, 'k8s/vllm-pod-start', 'startS'),
  ];
  const figures = read.flatMap((found) => found ?? []);
  const [interrupted, notice, start] = figures;
  if (figures.length < read.length || !interrupted || !notice || !start) return undefined;
  return {
    interruptedPerMonthRatio: interrupted.value,
    noticeS: notice.value,
    replacementS: start.value,
    figures,
  };
}
