/** The place of runc(8) among a host's programs. Its code comes later than the daemon's, which uses the same runtime: importing index.ts provides it. */
import type { Program } from '../../linux/index.ts';

let provided: Program | null = null;

export function provideRunc(program: Program): void {
  provided = program;
}

/** Without the code the world is not to be used any more: what happens in it must not depend on when code arrives. */
export const runc: Program = (context) => {
  if (provided === null)
    throw new Error('the code of runc is not loaded: import src/container/runtime/index.ts first');
  return provided(context);
};
