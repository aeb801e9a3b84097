/** Version of the gateway as /ready and /openapi.json give it. Held to package.json by a test. */
export const GATEWAY_VERSION = '0.1.0';
