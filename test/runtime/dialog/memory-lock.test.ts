import { createMemoryLock } from '../../../runtime/dialog/memory-lock.ts';
import { describeInteractionLock, MAX_WAITING } from '../../contracts/store-lock.ts';

describeInteractionLock('memory', async () => createMemoryLock(MAX_WAITING));
