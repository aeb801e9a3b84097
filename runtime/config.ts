import { z } from 'zod';
import { ok, type Result } from '../vocabulary/errors.ts';
import { admissionFields } from './config/admission.ts';
import { dialogFields } from './config/dialog.ts';
import { httpFields } from './config/http.ts';
import { checkEgress, llmFields } from './config/llm.ts';
import { operationFields } from './config/operations.ts';
import { privacyFields } from './config/privacy.ts';
import { storeFields } from './config/stores.ts';
import { telemetryFields } from './config/telemetry.ts';
import { tenantFields } from './config/tenants.ts';
import { impliedStores } from './operations/implied-stores.ts';
import {
  type ResolvedSettings,
  resolveSettings,
  type SettingSources,
} from './operations/resolve-settings.ts';

export type { ProviderConfig, TimeoutsConfig } from './config/llm.ts';

/** Each part of the gateway has its section; a new setting goes into the section of its part. */
const fields = {
  ...httpFields,
  ...llmFields,
  ...storeFields,
  ...tenantFields,
  ...admissionFields,
  ...privacyFields,
  ...dialogFields,
  ...telemetryFields,
  ...operationFields,
};

interface Cross {
  readonly providers: Parameters<typeof checkEgress>[0]['providers'];
  readonly egress?: Parameters<typeof checkEgress>[0]['egress'];
  readonly defaultOutputTokens: number;
  readonly maxOutputTokens: number;
}

function checkAcross(config: Cross, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, provider] of config.providers.entries()) {
    if (seen.has(provider.name)) {
      context.addIssue({
        code: 'custom',
        path: ['providers', index, 'name'],
        message: 'a name that no other provider has',
      });
    }
    seen.add(provider.name);
  }
  checkEgress(config, context);
  if (config.defaultOutputTokens > config.maxOutputTokens) {
    context.addIssue({
      code: 'custom',
      path: ['defaultOutputTokens'],
      message: `≤ maxOutputTokens (${config.maxOutputTokens})`,
    });
  }
}

/** Configuration of one gateway process; every default is resolved once, here. Spans in ms. */
export const gatewayConfigSchema = z.strictObject(fields).superRefine(checkAcross);

/** Every field present. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
/** As a user writes it: only what differs from the defaults. */
export type GatewayConfigInput = z.input<typeof gatewayConfigSchema>;
export type DialogConfig = GatewayConfig['dialog'];

type Environment = SettingSources['environment'];

/** The configuration of all sources (file, environment, flags) with where each value came from. */
export const resolveGatewaySettings = (sources: SettingSources): Result<ResolvedSettings<GatewayConfig>> =>
  resolveSettings(gatewayConfigSchema, { implied: impliedStores(sources.environment ?? {}), ...sources });

/**
 * Validates a configuration and fills in its defaults; INVALID_CONFIG lists every problem. With an environment its
 * BUSYHOUR_… variables are laid over the input (docs/operations.md); without one nothing outside the input counts.
 */
export function resolveGatewayConfig(
  input: unknown,
  what = 'the gateway configuration',
  environment?: Environment,
): Result<GatewayConfig> {
  const resolved = resolveGatewaySettings({ file: input, what, environment });
  return resolved.kind === 'failed' ? resolved : ok(resolved.value.config);
}
