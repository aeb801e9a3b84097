import { z } from 'zod';
import { amount, anyNumber, positive, promised, ratio, word } from './figure.ts';

const name = z.string().min(1);

/** Model cost of one interaction: input, output, and both. */
export const modelSchema = z.strictObject({
  name,
  /** Entry of the price catalogue, for a document that names a model and no price. */
  catalogueId: name.optional(),
  inputUsdPerMTokens: positive,
  outputUsdPerMTokens: positive,
  inputUsd: amount,
  outputUsd: amount,
  totalUsd: amount,
});

/** Share of interactions that each model answers. */
export const mixSchema = z.strictObject({
  parts: z.array(z.strictObject({ model: name, ratio })).min(1),
  /** Model cost of the mean interaction. */
  usd: amount,
});

/** The monthly bill of infrastructure. */
export const billSchema = z.strictObject({
  /** What the table says it is the bill of. */
  per: word(['instance', 'deployment']),
  lines: z
    .array(
      z.strictObject({
        name,
        /** Tier that the line pays for: its count and shape must be what is priced. */
        tier: name.optional(),
        category: name,
        /** One for the whole deployment. */
        shared: promised,
        /** How many the price is for; 1 without it. */
        count: positive,
        usdPerMonth: amount,
        cores: positive,
        memoryMb: positive,
      }),
    )
    .min(1),
  totalUsdPerMonth: amount,
  /** Regions that it is for; 1 without it. */
  regions: positive,
});

/** A row of a table of cost per interaction by volume. */
export const volumeSchema = z.strictObject({
  name,
  interactionsPerMonth: positive,
  interactionsPerDay: positive,
  /** Model that it is for; the mix, else the cheapest, without it. */
  model: name.optional(),
  llmUsd: amount,
  infrastructureUsd: amount,
  totalUsd: amount,
});

/** Parts of a whole. */
export const sharesSchema = z.strictObject({
  name,
  /** `cost`: parts are held against the bill. */
  of: z.enum(['cost', 'contacts', 'other']),
  parts: z.array(z.strictObject({ name, category: name.optional(), ratio })).min(1),
});

/** A measure that saves a share of something. */
export const savingSchema = z.strictObject({
  name,
  ratio,
  /** What the share is of. */
  on: z.enum(['llm', 'infrastructure', 'total']),
  /** Category of the bill that it makes cheaper, where that is only a part. */
  actsOn: name.optional(),
  /** Models, for a saving by changing from one to another. */
  from: name.optional(),
  to: name.optional(),
});

const terms = z.array(anyNumber.unwrap()).min(1).optional();

/** Arithmetic that the document does itself: the result against the sum, product or quotient of the terms. */
export const arithmeticSchema = z
  .strictObject({
    name,
    unit: z.string().default(''),
    result: anyNumber.unwrap(),
    sumOf: terms,
    productOf: terms,
    /** The first divided by each of the others. */
    quotientOf: terms,
  })
  .refine(
    ({ sumOf, productOf, quotientOf }) =>
      [sumOf, productOf, quotientOf].filter((given) => given !== undefined).length === 1,
    { message: 'exactly one of sumOf, productOf, quotientOf' },
  );

/** What is aimed at, and when somebody is told. */
export const targetSchema = z.strictObject({
  metric: z.enum(['availability', 'errors', 'fallback', 'p95-response-s', 'escalation', 'other']),
  name: name.optional(),
  /** What a ratio is of; requests where the document does not say. */
  per: z.enum(['call', 'turn', 'interaction', 'time']).optional(),
  target: amount,
  alert: amount,
  /** The same, of whole interactions. */
  perInteraction: ratio,
});

/** How fast somebody answers an incident, worst first. */
export const incidentSchema = z.strictObject({ severity: name, responseMin: positive });
