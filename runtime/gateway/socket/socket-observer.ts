import type { FaultCode } from '../../../vocabulary/faults.ts';
import { CLOSE_REASONS, type CloseReason } from './frames.ts';

/** How a socket ended, as the gateway sees it. */
export const SOCKET_ENDS = ['client', ...CLOSE_REASONS] as const;
export type SocketEnd = 'client' | CloseReason;

export const RESUME_RESULTS = ['replayed', 'resync'] as const;
export type ResumeResult = (typeof RESUME_RESULTS)[number];

/** What telemetry learns of sockets. */
export interface SocketObserver {
  socketsChanged(sockets: number): void;
  socketEnded(reason: SocketEnd): void;
  upgradeRefused(code: FaultCode): void;
  resumed(result: ResumeResult): void;
  /** Turns cancelled because nobody came back in time. */
  turnAbandoned(): void;
}
