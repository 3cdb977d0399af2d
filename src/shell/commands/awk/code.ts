/**
 * Compiled pieces of a program. A piece that makes no system call is a plain function, any other a generator; so expressions, most of
 * which only compute, cost no generators, and the rest can still block and be interrupted.
 */
import type { Sys } from '../../../linux/index.ts';
import type { AwkArray } from './arrays.ts';
import type { Value } from './values.ts';

/** The parameters and local variables of a call. */
export type Frame = (Value | AwkArray)[];

export type Code<T = Value> =
  | { readonly now: (frame: Frame) => T; readonly acts: null }
  | { readonly now: null; readonly acts: (frame: Frame) => Sys<T> };

export function pure<T>(now: (frame: Frame) => T): Code<T> {
  return { now, acts: null };
}

export function acting<T>(acts: (frame: Frame) => Sys<T>): Code<T> {
  return { now: null, acts };
}

/** Runs a piece wherever a generator is at hand. */
export function* run<T>(code: Code<T>, frame: Frame): Sys<T> {
  return code.now !== null ? code.now(frame) : yield* code.acts(frame);
}

/** What `apply` makes of one value. */
export function from<A, T>(a: Code<A>, apply: (a: A, frame: Frame) => T): Code<T> {
  const { now } = a;
  if (now !== null) return pure((frame) => apply(now(frame), frame));
  return acting(function* (frame) {
    return apply(yield* a.acts(frame), frame);
  });
}

/** What `apply` makes of two values, computed from left to right. */
export function both<A, B, T>(a: Code<A>, b: Code<B>, apply: (a: A, b: B, frame: Frame) => T): Code<T> {
  const [nowA, nowB] = [a.now, b.now];
  if (nowA !== null && nowB !== null) return pure((frame) => apply(nowA(frame), nowB(frame), frame));
  return acting(function* (frame) {
    const first = a.now !== null ? a.now(frame) : yield* a.acts(frame);
    const second = b.now !== null ? b.now(frame) : yield* b.acts(frame);
    return apply(first, second, frame);
  });
}

/** All values, from left to right. */
export function all<T>(codes: readonly Code<T>[]): Code<T[]> {
  const nows: ((frame: Frame) => T)[] = [];
  for (const { now } of codes) if (now !== null) nows.push(now);
  if (nows.length === codes.length) return pure((frame) => nows.map((now) => now(frame)));
  return acting(function* (frame) {
    const values: T[] = [];
    for (const code of codes) values.push(code.now !== null ? code.now(frame) : yield* code.acts(frame));
    return values;
  });
}

/** `yes` or `no`, as `test` says. */
export function choose<T>(test: Code<boolean>, yes: Code<T>, no: Code<T>): Code<T> {
  const [nowTest, nowYes, nowNo] = [test.now, yes.now, no.now];
  if (nowTest !== null && nowYes !== null && nowNo !== null) {
    return pure((frame) => (nowTest(frame) ? nowYes(frame) : nowNo(frame)));
  }
  return acting(function* (frame) {
    const decided = test.now !== null ? test.now(frame) : yield* test.acts(frame);
    const code = decided ? yes : no;
    return code.now !== null ? code.now(frame) : yield* code.acts(frame);
  });
}
