/** The checks, one for each thing that a switch does. */
import type { Check } from '../../../src/exercise/index.ts';
import { ageingCheck } from './ageing.ts';
import { forwardingCheck } from './forwarding.ts';
import { learningCheck } from './learning.ts';
import { loopCheck } from './loop.ts';
import { migrationCheck } from './migration.ts';
import { vlansCheck } from './vlans.ts';

export const checks: readonly Check[] = [
  learningCheck,
  forwardingCheck,
  vlansCheck,
  ageingCheck,
  migrationCheck,
  loopCheck,
];
