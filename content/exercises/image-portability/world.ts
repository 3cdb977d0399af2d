import type { Scenario } from '../../../src/exercise/index.ts';
export const scenario = (): Scenario => ({ hosts: [{ name: 'bluebox', user: 'student' }] });
