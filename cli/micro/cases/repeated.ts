import type { PreparedMicro } from '../../../bench/engines/tinybench/micro-case.ts';

/** A call that performs a synchronous operation so many times; its results are summed up so that none is dropped. */
export function repeated(operationsPerCall: number, operation: (i: number) => number): PreparedMicro {
  return {
    operationsPerCall,
    run: () => {
      let sum = 0;
      for (let i = 0; i < operationsPerCall; i++) sum += operation(i);
      return sum;
    },
  };
}
