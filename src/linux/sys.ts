/**
 * The system calls as programs write them: `const n = yield* sys.write(1, bytes)`. One helper per row of the table
 * in `syscalls.ts`, made from the row's name, so that the two cannot differ.
 */
import type { Sys } from './program.ts';
import type { SyscallName, SyscallRequest, Syscalls } from './syscalls.ts';

type Helpers = {
  readonly [K in SyscallName]: (...args: Parameters<Syscalls[K]>) => Sys<ReturnType<Syscalls[K]>>;
};

function* request(call: SyscallName, args: readonly unknown[]): Sys<unknown> {
  return yield { call, args } as unknown as SyscallRequest;
}

/** See {@link Syscalls} for each call's meaning. */
export const sys: Helpers = new Proxy({} as Helpers, {
  get: (_target, name) => {
    return (...args: readonly unknown[]) => request(name as SyscallName, args);
  },
});
