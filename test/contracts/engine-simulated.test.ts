import { describeEngineContract } from './engine.ts';
import { createSimulated, direct, overGrpc } from './engine-setups.ts';

describeEngineContract('the simulated engine', direct(createSimulated));
describeEngineContract('the simulated engine over gRPC', overGrpc(createSimulated));
