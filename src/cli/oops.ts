/** What a command says of an error of the simulation's own, which cost one simulated process, or one event. */
import type { Oops } from '../linux/index.ts';
import { oopsText } from '../world/index.ts';

export function tellOops(oops: Oops): void {
  process.stderr.write(`virtbook: ${oopsText(oops)}\n${oops.error.stack}\n`);
}
