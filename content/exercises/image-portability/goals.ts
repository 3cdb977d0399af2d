import type { Goal } from '../../../src/exercise/index.ts';
export const goals: readonly Goal[] = [];
