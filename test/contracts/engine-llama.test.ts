import { existsSync } from 'node:fs';
import { describe, it } from 'vitest';
import { DEMO_MODEL_PATH } from '../../runtime/inference/engines/engine-config.ts';
import { describeEngineContract } from './engine.ts';
import { createLlama, direct, overGrpc } from './engine-setups.ts';

if (existsSync(DEMO_MODEL_PATH)) {
  describeEngineContract('the llama engine', direct(createLlama));
  describeEngineContract('the llama engine over gRPC', overGrpc(createLlama));
} else {
  describe('the llama engine', () => {
    it.skip(`is not tested: there is no ${DEMO_MODEL_PATH}`, () => {});
  });
}
