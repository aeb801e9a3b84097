/**
 * What a reader found wrong in the published call-centre guide, read and worked out by hand, row by row of its tables:
 * the lines, and the figure that would be right where there is one. The checker never reads this list.
 */
export interface GuideError {
  readonly what: string;
  readonly lines: readonly number[];
  /** Lowest and highest right figure, in the unit of the guide. */
  readonly right?: readonly [number, number];
}

const error = (
  lines: readonly number[],
  what: string,
  right?: readonly [number, number] | number,
): GuideError => ({
  what,
  lines,
  ...(right === undefined ? {} : { right: typeof right === 'number' ? [right, right] : right }),
});

export const GUIDE_ERRORS: readonly GuideError[] = [
  error([25, 110], 'stateless services, but the context store may be in memory'),
  error([26, 120], 'no vertical scaling, but the primary database scales vertically'),
  error([28], 'identical environments, but demo and production differ'),
  error([89, 174, 214], 'three different sets of metrics to scale on'),
  error([161], 'MiB and MB taken for the same', 512),
  error([164], 'GiB and GB taken for the same', 2_000),
  error([174, 214], '70 % of the CPU requested is 17.5 % of the limit', 0.175),
  error([216], 'scales out when the p95 objective is already broken'),
  error([217], 'a queue of 100 waits 4 s; 12 fit into the objective', 12),
  error([226], 'one writer, whose replicas only read'),
  error([233], '320 tokens one after another in 1.5 s'),
  error([234], '10 calls per interaction, not 5 to 10', 10),
  error([240], 'open conversations without a think time'),
  error([241], '50 concurrent at 1.5 s are 33.3 per s, not 25', 33.33),
  error([241], '200 concurrent at 1.5 s are 133 per s, not 100', 133.3),
  error([242], '25 turns/s are 432,000 interactions a day, not 25,000', 432_000),
  error([242], '100 turns/s are 1,728,000 interactions a day, not 100,000', 1_728_000),
  error([242], 'capacity counted in full, while 70 % scales out', 17_500),
  error([248], '200,000 a day take 8 or 2 instances, not 4', [2, 8]),
  error([248], 'no instance to lose in the smallest size', 3),
  error([249], '250,000 a day take 10 or 3 instances, not 5', [3, 10]),
  error([250], '10 million a day take 400 or 100 instances, not 50', [100, 400]),
  error([249, 250], 'an instance carries more the more there are'),
  error([249, 250], 'no size for 16 to 19 instances'),
  error([250], 'the largest size leaves no instance to start'),
  error([250, 443], 'no quota for 69,444 model calls a minute', 69_444),
  error([266], 'shares of the cost add up to 75 to 115 %'),
  error([266, 305, 306, 307, 308], 'storage has a share and no cost'),
  error([275], '1,100 input tokens a turn, not 500', 1_100),
  error([275, 284], '500 tokens cannot hold a growing history'),
  error([276], '320 output tokens a turn, not 200', 320),
  error([292], '0.001785, rounded up by 12 %', 0.001785),
  error([293], 'standard output costs 0.016, not 0.024', 0.016),
  error([293], 'standard costs 0.02975, not 0.04', 0.02975),
  error([300], 'shared lines in a bill per instance', [50, 80]),
  error([304], '4 GB priced, 2 GB specified', 2_000),
  error([306], 'one database priced, three nodes run', [150, 300]),
  error([307], 'one cache priced, three nodes run', [90, 150]),
  error([314], '0.022 to 0.069 of infrastructure each, not 0.020', [0.022, 0.069]),
  error([314], 'the recommended mix costs 0.00878', 0.00878),
  error([315], 'the recommended mix costs 0.00878', 0.00878),
  error([316], 'the recommended mix costs 0.00878', 0.00878),
  error([314], 'models are 9 % of the cost, not 50 to 70 %', 0.0909),
  error([315], 'models are 29 % of the cost, not 50 to 70 %', 0.2857),
  error([316], 'costs are per month and end below the smallest size, which is per day'),
  error([327], 'reserved compute cannot save that much of infrastructure'),
  error([328], 'spot instances cannot save that much of infrastructure'),
  error([340], 'the range leaves out the premium tier', [0.003, 0.281]),
  error([341], 'always available against 99.9 %', 0.999),
  error([342], 'unlimited against 50 instances of 200', 10_000),
  error([344], 'a language model is not deterministic'),
  error([346], 'a break-even without a volume'),
  error([349], 'called conservative below its own cases'),
  error([350], '99.9 %, not 99 %', 0.999),
  error([350], 'a saving is not a return on investment', 999),
  error([359], 'shares of contacts add up to 90 to 115 %'),
  error([360, 424], '159 agents for 25,000 a day are not planned', 159),
  error([421], '99.9 % of a call is 99.0 % of ten', 0.99),
  error([423], '0.1 % of a turn is 0.5 % of five', 0.005),
  error([423], 'two alerts on failed requests that differ', 0.005),
  error([422], 'a mean of 1.5 s with a p95 of 2 s', 4.49),
  error([425], '1 % of a call is 9.6 % of ten', 0.0956),
  error([443], 'ten million a day above all instances', 5_000_000),
  error([445], '65 to 80 % with people, not 90 %', [0.65, 0.8]),
  error([193], 'standby regions have no cost'),
];
