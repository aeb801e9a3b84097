import type { Protocol } from '../../scenarios/scenario.ts';
import { createDialogDriver } from './dialog.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { createGrpcDriver } from './grpc.ts';
import { createOpenaiChatDriver } from './openai-chat.ts';
import { createPlainHttpDriver } from './plain-http.ts';
import { createWebsocketDriver } from './websocket.ts';

const DRIVERS: { readonly [K in Protocol]: (options: DriverOptions) => Driver } = {
  'openai-chat': createOpenaiChatDriver,
  dialog: createDialogDriver,
  http: createPlainHttpDriver,
  websocket: createWebsocketDriver,
  grpc: createGrpcDriver,
};

/** The driver of a protocol. */
export const createDriver = (protocol: Protocol, options: DriverOptions): Driver =>
  DRIVERS[protocol](options);
