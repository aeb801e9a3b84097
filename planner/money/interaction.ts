/** Cost of a contact: the machine's alone, with people for the escalated share, and per contact that is resolved. */
export interface ContactUsd {
  readonly ai: number;
  readonly blended: number;
  readonly resolved: number;
}

/**
 * blended = ai + e·human; resolved = (ai + e·human) ÷ (1 − repeat), since a contact that comes back is paid again.
 * `repeatRatio` below 1.
 */
export function computeContactUsd(input: {
  readonly aiUsd: number;
  readonly escalationRatio: number;
  readonly humanUsd: number;
  readonly repeatRatio: number;
}): ContactUsd {
  if (!(input.repeatRatio >= 0 && input.repeatRatio < 1)) {
    throw new RangeError(`the repeat ratio must be in [0, 1), got ${input.repeatRatio}`);
  }
  const blended = input.aiUsd + input.escalationRatio * input.humanUsd;
  return { ai: input.aiUsd, blended, resolved: blended / (1 - input.repeatRatio) };
}

/** Share of interactions that meet no failed call when each has `calls` of them, independent of one another. */
export const computeInteractionAvailability = (callAvailabilityRatio: number, calls: number): number =>
  callAvailabilityRatio ** calls;
