/** The engine's errors in words, with the place in the learner's files. */
import type { Place, SandboxError, SandboxLimits } from './types.ts';

/** The frames of a QuickJS stack that lie in the learner's files, innermost first: `at f (overlay.ts:12:5)`. */
export function framesOf(stack: string): { readonly file: string; readonly place: Place }[] {
  return stack.split('\n').flatMap((line) => {
    const match = /\(?([\w./-]+\.ts):(\d+)(?::(\d+))?\)?\s*$/.exec(line);
    if (match === null) return [];
    return [{ file: match[1]!, place: { line: Number(match[2]), column: Number(match[3] ?? 1) } }];
  });
}

function placeOf(stack: string): Pick<SandboxError, 'file' | 'line' | 'column'> {
  const [frame] = framesOf(stack);
  return frame === undefined ? {} : { file: frame.file, ...frame.place };
}

export function thrownError(
  name: string,
  message: string,
  stack: string,
  limits: SandboxLimits,
): SandboxError {
  const place = placeOf(stack);
  if (/stack overflow|Maximum call stack/.test(message)) {
    return {
      kind: 'stack',
      message: 'it calls itself too deeply: look for a recursion without an end',
      ...place,
    };
  }
  // A request for one piece beyond any limit has a message of its own in the engine.
  if (/out of memory|string too long|invalid array buffer length/.test(message)) {
    return { kind: 'memory', message: `it needs more than ${limits.memory >> 20} MB of memory`, ...place };
  }
  return { kind: 'thrown', message: `threw ${name}: ${message}`, ...place };
}
