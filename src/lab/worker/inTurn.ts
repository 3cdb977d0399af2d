/**
 * The order of what a page asks of its worker. A check takes a while, and breathes: a key that came in between would be in the record behind
 * the check, but in the world before it, and the submission would not replay.
 */
import type { LabWorker } from './protocol.ts';

/** They concern the worker, not the session. */
const AT_ANY_TIME: ReadonlySet<PropertyKey> = new Set(['ping', 'setPaused']);

type Method = (...args: unknown[]) => unknown;

/** `worker`, whose requests wait for the ones before them; one that nothing is before is done at once. */
export function inTurn(worker: LabWorker): LabWorker {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return new Proxy(worker, {
    get(target, name) {
      const method = (target as unknown as Record<PropertyKey, Method>)[name];
      if (typeof method !== 'function') return method;
      if (AT_ANY_TIME.has(name)) return method.bind(target);
      return (...args: unknown[]) => {
        const ask = () => method.apply(target, args);
        const answer = waiting === 0 ? ask() : last.then(ask);
        if (!(answer instanceof Promise)) return answer;
        const over = () => {
          waiting -= 1;
        };
        waiting += 1;
        last = answer.then(over, over);
        return answer;
      };
    },
  });
}
