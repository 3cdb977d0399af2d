/** The edit script of two lists of lines: which runs of lines are replaced by which. jsdiff finds it, line by line. */
import { diffArrays } from 'diff';

/** Lines `from` … `fromEnd` − 1 of the first file become `to` … `toEnd` − 1 of the second; counted from 0. */
export interface Change {
  readonly from: number;
  readonly fromEnd: number;
  readonly to: number;
  readonly toEnd: number;
}

/** One file in the comparison: numbers that are equal for equal lines, and which lines are changed. */
interface Side {
  readonly lines: readonly number[];
  readonly changed: boolean[];
}

export function changesOf(first: readonly string[], second: readonly string[]): Change[] {
  const numbers = new Map<string, number>();
  const numberOf = (line: string) => {
    const known = numbers.get(line) ?? numbers.size;
    numbers.set(line, known);
    return known;
  };
  const a = sideOf(first.map(numberOf));
  const b = sideOf(second.map(numberOf));
  markChanged(a, b);
  settle(a, b);
  settle(b, a);
  return runs(a, b);
}

function sideOf(lines: readonly number[]): Side {
  return { lines, changed: lines.map(() => false) };
}

/** Lines that the other file does not have at all are changed in any case: the search is spared them. */
function markChanged(a: Side, b: Side): void {
  const common = (side: Side, other: Side) => {
    const known = new Set(other.lines);
    const kept: number[] = [];
    side.lines.forEach((line, at) => {
      if (known.has(line)) kept.push(at);
      else side.changed[at] = true;
    });
    return kept;
  };
  const keptA = common(a, b);
  const keptB = common(b, a);
  let atA = 0;
  let atB = 0;
  const parts = diffArrays(
    keptA.map((at) => a.lines[at]!),
    keptB.map((at) => b.lines[at]!),
  );
  for (const { added, removed, count } of parts) {
    if (removed) for (const at of keptA.slice(atA, atA + count)) a.changed[at] = true;
    if (added) for (const at of keptB.slice(atB, atB + count)) b.changed[at] = true;
    if (!added) atA += count;
    if (!removed) atB += count;
  }
}

/**
 * A run of changed lines may often be moved up or down, when the line that leaves it is equal to the one that enters. As GNU diff
 * does: runs that meet become one; then a run stands as low as it can, or beside a change in the other file.
 */
function settle(side: Side, other: Side): void {
  const { lines, changed } = side;
  const isOther = (at: number) => other.changed[at] === true;
  let end = 0;
  let beside = 0;
  for (;;) {
    while (end < lines.length && !changed[end]) {
      while (isOther(beside++));
      end++;
    }
    if (end >= lines.length) return;
    let start = end;
    while (changed[end]) end++;
    while (isOther(beside)) beside++;
    let length: number;
    let meeting: number;
    const up = () => {
      changed[--start] = true;
      changed[--end] = false;
      while (start > 0 && changed[start - 1]) start--;
      while (isOther(--beside));
    };
    do {
      length = end - start;
      while (start > 0 && lines[start - 1] === lines[end - 1]) up();
      meeting = beside > 0 && isOther(beside - 1) ? end : lines.length;
      while (end < lines.length && lines[start] === lines[end]) {
        changed[start++] = false;
        changed[end++] = true;
        while (changed[end]) end++;
        while (isOther(++beside)) meeting = end;
      }
    } while (length !== end - start);
    while (meeting < end) up();
  }
}

function runs(a: Side, b: Side): Change[] {
  const changes: Change[] = [];
  let at = 0;
  let to = 0;
  while (at < a.lines.length || to < b.lines.length) {
    const from = at;
    const start = to;
    while (a.changed[at]) at++;
    while (b.changed[to]) to++;
    if (at > from || to > start) changes.push({ from, fromEnd: at, to: start, toEnd: to });
    else {
      at++;
      to++;
    }
  }
  return changes;
}
