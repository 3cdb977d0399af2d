/**
 * Commands inside commands without end. A generator that delegates to another takes room on the engine's stack each time it is
 * resumed, so a deep script would overflow it, and elsewhere at another depth. Instead `nest` hands the inner computation to
 * `runNested` at the bottom of the process, which keeps those that wait in an array; the depth that is allowed is counted.
 */
import type { Sys, SyscallRequest } from '../../linux/index.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';

/** Compound commands, functions, `eval` and sourced files around each other. */
const DEEPEST = 3000;

interface NestRequest {
  readonly nested: Sys<unknown>;
}

function isNestRequest(request: SyscallRequest | NestRequest): request is NestRequest {
  return 'nested' in request;
}

/** Runs `inner` as `yield*` does, one level deeper; refuses, in the words bash has for FUNCNEST, to go too deep. */
export function* nest<T>(shell: Shell, inner: Sys<T>): Sys<T> {
  yield* checkDepth(shell);
  shell.depth++;
  try {
    return yield* apart(inner);
  } finally {
    shell.depth--;
  }
}

/**
 * Runs `inner` at the bottom of the process too, without going deeper: what makes many system calls is the quicker for it, since each of
 * them would enter every generator around it.
 */
export function* apart<T>(inner: Sys<T>): Sys<T> {
  const request: NestRequest = { nested: inner };
  return (yield request as unknown as SyscallRequest) as T;
}

function* checkDepth(shell: Shell): Sys<void> {
  const limit = Number(shell.variables.get('FUNCNEST') ?? 0);
  const calls = shell.callStack.length;
  const tooMany = limit > 0 && calls > limit;
  if (shell.depth < DEEPEST && !tooMany) return;
  const name = shell.callStack.findLast((frame) => frame.name !== 'source')?.name;
  if (name === undefined) yield* shell.complain(`maximum nesting level exceeded (${DEEPEST})`);
  else yield* shell.complain(`${name}: maximum function nesting level exceeded (${tooMany ? limit : calls})`);
  throw new AbortControl(1, false);
}

/** Runs `main` and what it nests, on a stack of its own. */
export function* runNested<T>(main: Sys<T>): Sys<T> {
  const stack: Sys<unknown>[] = [main];
  // What the innermost goes on with: an answer, or what it fails with.
  let given: unknown;
  let failed = false;
  for (;;) {
    const top = stack[stack.length - 1]!;
    let step: IteratorResult<SyscallRequest, unknown>;
    try {
      step = failed ? top.throw(given) : top.next(given);
    } catch (error) {
      stack.pop();
      if (stack.length === 0) throw error;
      given = error;
      failed = true;
      continue;
    }
    given = undefined;
    failed = false;
    if (step.done) {
      stack.pop();
      if (stack.length === 0) return step.value as T;
      given = step.value;
    } else if (isNestRequest(step.value)) stack.push(step.value.nested);
    else {
      try {
        given = yield step.value;
      } catch (error) {
        given = error;
        failed = true;
      }
    }
  }
}
