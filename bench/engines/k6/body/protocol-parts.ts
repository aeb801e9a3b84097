import type { Protocol } from '../../../../scenarios/scenario.ts';
import { DIALOG } from './dialog.ts';
import { DIALOG_OPENING } from './dialog-opening.ts';
import { GRPC } from './grpc.ts';
import { HTTP_POST } from './http-post.ts';
import { INTERACTION } from './interaction.ts';
import { OPENAI_CHAT } from './openai-chat.ts';
import { PLAIN_HTTP } from './plain-http.ts';
import { RECORD } from './record.ts';
import { TEXTS } from './texts.ts';
import { TIMED_ANSWER } from './timed-answer.ts';
import { WEBSOCKET } from './websocket.ts';

/** What a script of one protocol is made of. */
export interface ProtocolParts {
  /** Import lines beyond those of every script. */
  readonly imports: readonly string[];
  /** Text that ends in `startConversation(customer)`. */
  readonly body: readonly string[];
  /** Whether the script sees tokens as they come: HTTP answers are read whole. */
  readonly timesTokens: boolean;
  /** Requests that one turn may take, each within the limit of its own. */
  readonly requestsPerTurn: number;
}

const HTTP_IMPORT = "import http from 'k6/http';";

const PARTS: { readonly [K in Protocol]: ProtocolParts } = {
  http: { imports: [HTTP_IMPORT], body: [HTTP_POST, PLAIN_HTTP], timesTokens: false, requestsPerTurn: 1 },
  'openai-chat': {
    imports: [HTTP_IMPORT],
    body: [HTTP_POST, OPENAI_CHAT],
    timesTokens: false,
    requestsPerTurn: 1,
  },
  dialog: {
    imports: [HTTP_IMPORT],
    body: [HTTP_POST, DIALOG_OPENING, DIALOG],
    timesTokens: false,
    requestsPerTurn: 2,
  },
  websocket: {
    imports: [HTTP_IMPORT, "import { WebSocket } from 'k6/websockets';"],
    body: [HTTP_POST, DIALOG_OPENING, TIMED_ANSWER, WEBSOCKET],
    timesTokens: true,
    requestsPerTurn: 2,
  },
  grpc: {
    imports: ["import grpc from 'k6/net/grpc';"],
    body: [TIMED_ANSWER, GRPC],
    timesTokens: true,
    requestsPerTurn: 1,
  },
};

export const partsOf = (protocol: Protocol): ProtocolParts => PARTS[protocol];

/** The import lines of a script. */
export const importsOf = (protocol: Protocol): string =>
  [
    "import { SharedArray } from 'k6/data';",
    "import exec from 'k6/execution';",
    "import { Counter, Gauge, Rate, Trend } from 'k6/metrics';",
    "import { clearTimeout, setTimeout } from 'k6/timers';",
    ...partsOf(protocol).imports,
  ].join('\n');

/** What a script does with its plan, in k6's JavaScript. */
export const bodyOf = (protocol: Protocol): string =>
  [TEXTS, RECORD, ...partsOf(protocol).body, INTERACTION].join('');
