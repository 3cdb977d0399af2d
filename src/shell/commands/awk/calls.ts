/**
 * Calls that nest without nesting generators: a call hands its body to the loop below, which keeps the callers waiting in a list. So
 * recursion as deep as mawk allows needs no stack of the engine's, whose size differs from browser to browser.
 */
import type { Sys } from '../../../linux/index.ts';

class Body {
  readonly steps: Sys<unknown>;
  constructor(steps: Sys<unknown>) {
    this.steps = steps;
  }
}

/** What `steps` come to; to be used below `withCalls` only. */
export function* nested<T>(steps: Sys<T>): Sys<T> {
  // Only `withCalls` sees this; what it passes on to the kernel are requests.
  return (yield new Body(steps) as never) as T;
}

/** Runs `outer` with all that it nests. */
export function* withCalls<T>(outer: Sys<T>): Sys<T> {
  const running: Sys<unknown>[] = [outer];
  let reply: unknown;
  let thrown: { readonly error: unknown } | null = null;
  for (;;) {
    const top = running.at(-1)!;
    let step: IteratorResult<unknown, unknown>;
    try {
      step = thrown === null ? top.next(reply) : top.throw(thrown.error);
      thrown = null;
    } catch (error) {
      running.pop();
      if (running.length === 0) throw error;
      thrown = { error };
      continue;
    }
    if (step.done) {
      running.pop();
      if (running.length === 0) return step.value as T;
      reply = step.value;
    } else if (step.value instanceof Body) {
      running.push(step.value.steps);
      reply = undefined;
    } else {
      try {
        reply = yield step.value as never;
      } catch (error) {
        thrown = { error };
      }
    }
  }
}
