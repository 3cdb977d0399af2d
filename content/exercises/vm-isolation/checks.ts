/** The checks, one for each resource. */
import type { Check } from '../../../src/exercise/index.ts';
import { diskCheck } from './disk.ts';
import { memoryCheck } from './memory.ts';
import { networkCheck } from './network.ts';
import { processorCheck } from './processor.ts';

export const checks: readonly Check[] = [memoryCheck, processorCheck, diskCheck, networkCheck];
