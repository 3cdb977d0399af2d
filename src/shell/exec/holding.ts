/** Memory of the shell's process that its variables take. */
import type { Sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';

/** Below this a variable is part of what every process has. */
const LARGE = 2 ** 16;

/** After what may have changed variables. ENOMEM. */
export function* holdVariables(shell: Shell): Sys<void> {
  const held = shell.variables.sizeAbove(LARGE);
  const more = held - shell.held;
  if (more === 0) return;
  shell.held = held;
  if (more > 0) yield* shell.heap.grow(more);
  else yield* shell.heap.shrink(-more);
}
