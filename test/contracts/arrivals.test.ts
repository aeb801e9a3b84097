import { constantArrivals } from '../../bench/arrivals/constant.ts';
import { poissonArrivals } from '../../bench/arrivals/poisson.ts';
import { describeArrivals } from './arrivals.ts';

describeArrivals('poisson', poissonArrivals, 1);
describeArrivals('constant', constantArrivals, 0);
