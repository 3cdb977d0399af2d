/** tsort(1), as src/tsort.c of coreutils 9.1: an order in which each item stands before those it is before (Knuth, volume 1, 2.2.3, Algorithm T). */
import { READ_SIZE, readAll, type Sys } from '../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError, writeOut } from '../options.ts';
import { attempt, complain, orNull } from '../support.ts';
import { openInput, Refusal, refusing } from './lineTools.ts';

interface Item {
  readonly name: string;
  /** How many stand before it that are not written yet. */
  before: number;
  /** The last that was read first. */
  readonly after: Item[];
  /** In a walk that looks for a loop: from where it was reached. */
  from: Item | null;
  written: boolean;
}

/** Items in the order of their bytes. */
function itemsOf(words: readonly string[]): Item[] {
  const items = new Map<string, Item>();
  const item = (name: string): Item => {
    const known = items.get(name) ?? { name, before: 0, after: [], from: null, written: false };
    items.set(name, known);
    return known;
  };
  for (let i = 0; i < words.length; i += 2) {
    const [first, second] = [item(words[i]!), item(words[i + 1]!)];
    if (first === second) continue;
    second.before++;
    first.after.unshift(second);
  }
  return [...items.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Writes all that nothing is before any more. */
function release(items: readonly Item[], lines: string[]): void {
  const free = items.filter((item) => item.before === 0 && !item.written);
  for (const item of free) {
    lines.push(`${item.name}\n`);
    item.written = true;
    for (const next of item.after) if (--next.before === 0) free.push(next);
  }
}

/** The names of a loop, of which one relation is taken away. Each walk over the items goes one step back along it. */
function breakLoop(items: readonly Item[]): string[] {
  let loop: Item | null = null;
  for (;;)
    for (const item of items) {
      if (item.before === 0) continue;
      if (loop === null) {
        loop = item;
        continue;
      }
      const at = item.after.indexOf(loop);
      if (at < 0) continue;
      if (item.from === null) {
        item.from = loop;
        loop = item;
        continue;
      }
      const names: string[] = [];
      for (let here: Item | null = loop; here !== null; ) {
        const next: Item | null = here.from;
        names.push(here.name);
        if (here === item) {
          item.after[at]!.before--;
          item.after.splice(at, 1);
          break;
        }
        here = next;
      }
      for (const each of items) each.from = null;
      return names;
    }
}

function* sort(parsed: Parsed): Sys<number> {
  const [file = '-', extra] = parsed.operands;
  if (extra !== undefined) throw new UsageError(`extra operand ‘${extra}’`);
  let fd = 0;
  const good = yield* attempt('tsort', file, function* (): Sys<void> {
    fd = yield* openInput(file);
  });
  if (!good) return 1;
  // What cannot be read is as if it ended there: the real one does not look.
  const text = textFromBytes((yield* orNull(() => readAll(fd), 'EISDIR', 'EIO')) ?? new Uint8Array());
  const words = text.split(/[ \t\n]+/).filter((word) => word !== '');
  if (words.length % 2 === 1) throw new Refusal(`${file}: input contains an odd number of tokens`);
  const items = itemsOf(words);
  let status = 0;
  for (;;) {
    const lines: string[] = [];
    release(items, lines);
    for (let at = 0; at < lines.length; at += READ_SIZE)
      yield* writeOut(bytesFromText(lines.slice(at, at + READ_SIZE).join('')));
    if (items.every(({ written }) => written)) return status;
    status = 1;
    yield* complain('tsort', `${file}: input contains a loop:`);
    for (const name of breakLoop(items)) yield* complain('tsort', name);
  }
}

export const tsort: CommandSpec = {
  name: 'tsort',
  usage: '[FILE]',
  summary: 'Write totally ordered list consistent with the partial ordering in FILE.',
  options: [],
  run: (parsed) => refusing('tsort', () => sort(parsed)),
};
