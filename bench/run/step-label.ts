/** How a step is called in the result, and which random stream its schedule is drawn from. */
export interface StepLabel {
  readonly name: string;
  /** Steps of one stream and one load have the same schedule; the name where absent. */
  readonly stream?: string;
  readonly variant?: string;
  readonly block?: number;
}

export const streamOf = ({ name, stream }: StepLabel): string => stream ?? name;

/** The label's part of a result step. */
export const markOf = ({ variant, block }: StepLabel): { variant?: string; block?: number } => ({
  ...(variant === undefined ? {} : { variant }),
  ...(block === undefined ? {} : { block }),
});

/**
 * Label of a repetition of a step. The first of several keeps the step's own random stream, so that a plan of one
 * repetition and the first of many send the same.
 */
export function labelReplication(name: string, replication: number, replications: number): StepLabel {
  if (replications === 1) return { name };
  const isFirst = replication === 0;
  const ofMany = `${name} r${replication + 1}`;
  return { name: ofMany, block: replication, ...(isFirst ? { stream: name } : {}) };
}
