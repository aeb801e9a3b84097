import { expect, test } from 'vitest';
import { labelOf } from '../../../planner/uncertainty/input-labels.ts';

test.each([
  ['escalationRatio', 'contacts escalated to people'],
  ['default/electricity/usdPerKwh', 'price of electricity (default/electricity)'],
  ['depreciation/amazon/serverLifeYears', 'years of use (depreciation/amazon)'],
  ['facility/own/fillRatio', 'fill ratio (facility/own)'],
  ['purchase/H100-80GB', 'price of purchase/H100-80GB'],
  ['openai/gpt-5.6-sol/disputed', 'price of openai/gpt-5.6-sol, on which sources disagree'],
  ['someOwnFigure', 'some own figure'],
])('%s is called %s', (key, label) => {
  expect(labelOf(key)).toBe(label);
});
