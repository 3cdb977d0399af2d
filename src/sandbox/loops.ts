/** Which loops were running when a program was stopped: from the engine's stack and the places of loops and functions in the files. */
import { framesOf } from './errors.ts';
import type { Place, Span, Spans } from './types.ts';

export interface RunningLoop {
  readonly file: string;
  /** Of one loop, or of several, one of which it is. */
  readonly places: readonly Place[];
}

const before = (a: Place, b: Place) => a.line < b.line || (a.line === b.line && a.column < b.column);
const contains = ({ from, to }: Span, place: Place) => !before(place, from) && before(place, to);

/**
 * The loops of the stack's functions, innermost first. A caller's place is that of its call. In the function that was stopped, the engine
 * knows the last call (or operator, of some) before where it was: that may be in any loop from there on to the next call.
 */
export function runningLoops(stack: string, spans: Spans): RunningLoop[] {
  return framesOf(stack).flatMap(({ file, place }, index) => {
    const running = loopsAt(spans.get(file) ?? [], place, index === 0);
    return running.length === 0 ? [] : [{ file, places: running.map(({ from }) => from) }];
  });
}

function loopsAt(spans: readonly Span[], place: Place, stopped: boolean): Span[] {
  const own = spans.findLast((span) => span.kind === 'function' && contains(span, place));
  const [loops, calls] = (['loop', 'call'] as const).map((kind) =>
    spans.filter((span) => span.kind === kind && functionOf(spans, span) === own),
  ) as [Span[], Span[]];
  const around = loops.filter((loop) => contains(loop, place)).slice(-1);
  if (!stopped) return around;
  const later = loops.filter(
    (loop) =>
      before(place, loop.from) &&
      !around.some((outer) => contains(outer, loop.from)) &&
      !calls.some(({ from }) => before(place, from) && before(from, loop.from)),
  );
  const outermost = later.filter(
    (loop) => !later.some((other) => other !== loop && contains(other, loop.from)),
  );
  return [...around, ...outermost];
}

/** The function that a loop or a call belongs to. */
function functionOf(spans: readonly Span[], { from }: Span): Span | undefined {
  return spans.findLast((span) => span.kind === 'function' && contains(span, from));
}

/** `the one in line 3 was running, within the one in line 9`, or nothing. */
export function runningText(loops: readonly RunningLoop[], files: number): string {
  const [first, second] = loops.map(({ file, places }) => {
    const where = files > 1 ? ` of ${file}` : '';
    const lines = [...new Set(places.map(({ line }) => line))];
    return lines.length === 1
      ? `the one in line ${lines[0]}${where}`
      : `one of those in lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)}${where}`;
  });
  if (first === undefined) return '';
  return `: ${first} was running${second === undefined || second === first ? '' : `, within ${second}`}`;
}
