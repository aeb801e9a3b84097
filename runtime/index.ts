/** The gateway: what the command line and tests start. */
export {
  type GatewayConfig,
  type GatewayConfigInput,
  gatewayConfigSchema,
  resolveGatewayConfig,
} from './config.ts';
export { type RunGatewayOptions, runGateway } from './gateway/run-gateway.ts';
export { type GatewayDependencies, type RunningGateway, startGateway } from './gateway/start-gateway.ts';
