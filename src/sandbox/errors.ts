/** The engine's errors in words, with the place in the learner's files. */
import type { SandboxError, SandboxLimits } from './types.ts';

/** The first frame of a QuickJS stack that lies in a file of the learner's: `at f (overlay.ts:12:5)`. */
function placeOf(stack: string): Pick<SandboxError, 'file' | 'line' | 'column'> {
  for (const line of stack.split('\n')) {
    const match = /\(?([\w./-]+\.ts):(\d+)(?::(\d+))?\)?\s*$/.exec(line);
    if (match !== null) return { file: match[1]!, line: Number(match[2]), column: Number(match[3] ?? 1) };
  }
  return {};
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
