/**
 * The system calls as programs write them: `const n = yield* sys.write(1, bytes)`. One helper per row of the table
 * in `syscalls.ts`, made from the row's name, so that the two cannot differ.
 */
import { OsError } from '../base/index.ts';
import type { Sys } from './program.ts';
import type { SyscallName, SyscallRequest, Syscalls } from './syscalls.ts';

interface SystemCall<T> extends Sys<T> {
  /** The same call with its error as an answer, not thrown: for who expects one, and would only catch it. */
  orError(): Sys<T | OsError>;
}

type Helpers = {
  readonly [K in SyscallName]: (...args: Parameters<Syscalls[K]>) => SystemCall<ReturnType<Syscalls[K]>>;
};

/**
 * One call: gives itself as the request, and is done with the answer. A generator of one `yield` would be the same; programs make a
 * call at each step, so this is all in one object: the iterator, the request, and what the iterator says of itself.
 */
class Call implements Iterator<SyscallRequest, unknown, unknown> {
  readonly call: SyscallName;
  readonly args: readonly unknown[];
  done = false;
  /** The request, and then its answer. */
  value: unknown = this;
  #asked = false;
  #throws = true;

  constructor(call: SyscallName, args: readonly unknown[]) {
    this.call = call;
    this.args = args;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(answer?: unknown): IteratorResult<SyscallRequest, unknown> {
    if (this.#asked) return this.return(answer);
    this.#asked = true;
    return this as IteratorResult<SyscallRequest, unknown>;
  }

  orError(): this {
    this.#throws = false;
    return this;
  }

  throw(error: unknown): IteratorResult<SyscallRequest, unknown> {
    if (this.#throws || !(error instanceof OsError)) throw error;
    return this.return(error);
  }

  return(value: unknown): IteratorResult<SyscallRequest, unknown> {
    this.done = true;
    this.value = value;
    return this as IteratorResult<SyscallRequest, unknown>;
  }
}

/** Makes the helper of a row when it is first asked for; the object above has it from then on. */
const maker = new Proxy(
  {},
  {
    get(_target, name, receiver: Record<string | symbol, unknown>) {
      const helper = (...args: readonly unknown[]) => new Call(name as SyscallName, args);
      receiver[name] = helper;
      return helper;
    },
    set: (_target, name, helper, receiver) =>
      Reflect.defineProperty(receiver, name, { value: helper, enumerable: true }),
  },
);

/** See {@link Syscalls} for each call's meaning. */
export const sys = Object.create(maker) as Helpers;
