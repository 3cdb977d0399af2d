/** The engine's errors in words, with the place in the learner's files. */
import type { Place, SandboxError, SandboxLimits } from './types.ts';

/**
 * A frame of a QuickJS stack that lies in the learner's files: `at f (overlay.ts:12:5)`. A name begins where no other character of a name stands before
 * it: a learner may put anything for a stack, and to try every place of a long text as a beginning takes the square of its length.
 */
const FRAME = String.raw`\(?(?<![\w./-])([\w./-]+\.ts):(\d+)(?::(\d+))?\)?[ \t]*$`;
const FIRST_FRAME = new RegExp(FRAME, 'm');
const FRAMES = new RegExp(FRAME, 'gm');

interface Frame {
  readonly file: string;
  readonly place: Place;
}

const frameOf = ([, file, line, column]: RegExpMatchArray): Frame => ({
  file: file!,
  place: { line: Number(line), column: Number(column ?? 1) },
});

/** The frames of a QuickJS stack that lie in the learner's files, innermost first. */
export function framesOf(stack: string): readonly Frame[] {
  return [...stack.matchAll(FRAMES)].map(frameOf);
}

function placeOf(stack: string): Pick<SandboxError, 'file' | 'line' | 'column'> {
  const match = FIRST_FRAME.exec(stack);
  if (match === null) return {};
  const { file, place } = frameOf(match);
  return { file, ...place };
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
