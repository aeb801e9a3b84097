/** Who sells what the first part of a catalogue id names. Ids of kinds of thing (`purchase/…`) name no seller. */
const SELLERS: Readonly<Record<string, string>> = {
  aws: 'Amazon Web Services',
  azure: 'Microsoft Azure',
  'azure-ptu': 'Microsoft Azure',
  gcp: 'Google Cloud',
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  mistral: 'Mistral AI',
  deepseek: 'DeepSeek',
  'x-ai': 'xAI',
  meta: 'Meta',
  cohere: 'Cohere',
  groq: 'Groq',
  together: 'Together AI',
  fireworks: 'Fireworks AI',
  cerebras: 'Cerebras',
  telephony: 'Telephony carrier',
  stt: 'Speech vendor',
  tts: 'Speech vendor',
  purchase: 'Own premises',
  facility: 'Own premises',
  colocation: 'Colocation',
  electricity: 'Electricity supplier',
  default: 'Own premises',
};

/** The seller of a catalogue entry; what no table names is its id's first part, and what has no entry is one's own. */
export function sellerOfSku(skuId: string | undefined): string {
  if (skuId === undefined) return 'Own organisation';
  const [first = skuId] = skuId.split('/');
  return SELLERS[first] ?? first;
}

/** Regions as catalogue ids spell them (`aws/egress/us-east-1`, `gcp/us-central1/e2-medium`). */
const REGION = /(?:^|\/)((?:us|eu|europe|asia|ap|ca|sa|me|af|australia)-[a-z]+-?\d)(?:\/|$)/;

export const regionOfSku = (skuId: string | undefined): string | undefined =>
  skuId === undefined ? undefined : REGION.exec(skuId)?.[1];
