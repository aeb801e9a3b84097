/** One call of a script's `handle`, as it crosses into the worker. Texts only: no object is shared. */
export interface LogicCall {
  readonly id: number;
  readonly source: string;
  /** Names the source in stack traces. */
  readonly fileName: string;
  /** JSON of the argument; absent: the source is only loaded, to find its mistakes. */
  readonly inputJson?: string;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
}

/** How a call ended inside the worker. */
export type LogicReply =
  | {
      readonly id: number;
      readonly kind: 'ok';
      readonly outputJson: string;
      readonly logs: readonly string[];
    }
  | {
      readonly id: number;
      readonly kind: 'failed';
      readonly reason: LogicFailure;
      readonly message: string;
      readonly logs: readonly string[];
    };

/** Why a call gave nothing. */
export const LOGIC_FAILURES = [
  'timeout',
  'memory',
  'threw',
  'too_large',
  'not_json',
  'overloaded',
  'died',
] as const;
export type LogicFailure = (typeof LOGIC_FAILURES)[number];

/** Characters of JSON that a call may return. */
export const MAX_OUTPUT_CHARS = 65_536;
