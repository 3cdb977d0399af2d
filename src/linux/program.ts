/**
 * Programs are generators over system calls: `yield` hands a request to the kernel, which resumes the generator with the
 * reply, or throws an OsError into it. So every program can block anywhere, be interrupted, stream and be replayed.
 *
 * A program never touches the kernel's objects, the clock or another program's variables. The closure given to `fork`
 * shares JavaScript variables with its parent: copy what must be private before forking.
 */
import type { SyscallRequest } from './syscalls.ts';

/** A computation of `T` that makes system calls: `yield*` it. */
export type Sys<T> = Generator<SyscallRequest, T, unknown>;

export interface ProgramContext {
  /** argv[0] is the name the program was called by. */
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

/** A built-in program; its return value is the exit status (0 … 255). */
export type Program = (context: ProgramContext) => Sys<number>;

/** Programs by the name that executables carry. */
export type ProgramTable = ReadonlyMap<string, Program>;

/**
 * An executable file of a simulated host that runs a built-in program starts with this line: four magic bytes, the
 * program's name, a newline. execve(2) reads it as Linux reads an ELF header; copies and hard links run the same program.
 */
export const EXECUTABLE_MAGIC = '\u007fVBX';

/** The contents of an executable file that runs the built-in program `name`. */
export function executableImage(name: string): string {
  return `${EXECUTABLE_MAGIC}${name}\n`;
}
