import type { FamilyFilter } from './measured-points.ts';

/** A profile to fit: which points, and what the points do not say. */
export interface Family {
  readonly name: string;
  readonly model: string;
  readonly device: string;
  readonly gpus: number;
  /** The model's own limit (max_position_embeddings of its published configuration). */
  readonly contextTokens: number;
  readonly filter: FamilyFilter;
}

/** The serving default of vLLM: max_num_seqs. */
export const DEFAULT_MAX_SEQUENCES = 256;

export const FAMILIES: readonly Family[] = [
  {
    name: 'qwen3-32b-h100x2',
    model: 'simulated/qwen3-32b',
    device: '2 x H100 SXM 80 GB (simulated)',
    gpus: 2,
    contextTokens: 40_960,
    filter: {
      model: 'Qwen/Qwen3-32B',
      system: 'h100_sxm',
      backend: 'vllm',
      backend_version: '0.12.0',
      tensor_parallel: '2',
    },
  },
  {
    name: 'llama-3.1-70b-h200x2',
    model: 'simulated/llama-3.1-70b',
    device: '2 x H200 SXM 141 GB (simulated)',
    gpus: 2,
    contextTokens: 131_072,
    filter: {
      model: 'meta-llama/Llama-3.1-70B',
      system: 'h200_sxm',
      backend: 'trtllm',
      precision: 'fp8',
      tensor_parallel: '2',
    },
  },
  {
    name: 'llama-3.1-70b-b200x2',
    model: 'simulated/llama-3.1-70b',
    device: '2 x B200 SXM 180 GB (simulated)',
    gpus: 2,
    contextTokens: 131_072,
    filter: {
      model: 'meta-llama/Llama-3.1-70B',
      system: 'b200_sxm',
      backend: 'vllm',
      precision: 'fp8',
      tensor_parallel: '2',
    },
  },
];
