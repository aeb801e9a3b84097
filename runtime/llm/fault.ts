import { FAULTS, type FaultCode } from '../../vocabulary/faults.ts';

/** One refusal or failure as every surface shows it: error body, SSE error event, metric, log line. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  /** The request field at fault, as the caller wrote it. */
  readonly param?: string;
  /** When the same request may succeed; absent when nothing is known. */
  readonly retryAfterMs?: number;
}

interface FaultDetails {
  readonly param?: string;
  readonly retryAfterMs?: number;
}

/** Builds a fault; without a message, the vocabulary's own sentence stands. */
export const createFault = (code: FaultCode, message?: string, details: FaultDetails = {}): Fault => ({
  code,
  message: message ?? FAULTS[code].message,
  ...details,
});

/** Carries a fault where only an exception or an abort reason can travel. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
  }
}

/** The fault inside any thrown thing; what carries none becomes `otherwise`, with the thrown message kept. */
export function faultFromUnknown(error: unknown, otherwise: FaultCode): Fault {
  if (error instanceof FaultError) return error.fault;
  return createFault(otherwise, error instanceof Error ? error.message : String(error));
}

/** Why a signal was aborted; an abort without a fault inside means that the caller left. */
export const faultFromAbort = (signal: AbortSignal): Fault =>
  signal.reason instanceof FaultError ? signal.reason.fault : createFault('caller_disconnected');
