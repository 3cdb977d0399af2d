/**
 * Learner code that runs as part of the system is called at every turn, fault or frame. A function that has no end would cost its whole
 * budget each time, and the world would stand still for minutes: after a few times it is not called any more.
 */
import type { CallResult, Sandbox } from '../sandbox/index.ts';

/** So often a function of one version of the code may use up its steps or its memory. */
const MOST = 3;

/** The same sandbox, whose calls fail at once where they have failed that way too often. */
export function withPatience(sandbox: Sandbox): Sandbox {
  const exhausted = new Map<string, number>();
  return {
    bindHost: (host) => sandbox.bindHost(host),
    dispose: () => sandbox.dispose(),
    // Null is an answer: they are called singly then.
    callAll: () => null,
    call(name, args): CallResult {
      const times = exhausted.get(name) ?? 0;
      if (times >= MOST) {
        const message = `it has used up its steps or its memory ${MOST} times: it is not called again until the code changes`;
        return { ok: false, error: { kind: 'budget', message }, output: [] };
      }
      const result = sandbox.call(name, args);
      if (!result.ok && (result.error.kind === 'budget' || result.error.kind === 'memory'))
        exhausted.set(name, times + 1);
      return result;
    },
  };
}
