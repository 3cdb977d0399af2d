/** pstree(1) of psmisc: processes as a tree. Threads are not shown: /proc does not have them one by one. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts, orNull } from '../support.ts';
import { type ProcessRow, processes } from './rows.ts';

/** What is drawn: below nothing, a branch, one that goes on, the last; to the right of an only child, and of the first. */
interface Symbols {
  readonly empty: string;
  readonly branch: string;
  readonly down: string;
  readonly last: string;
  readonly single: string;
  readonly first: string;
}
const ASCII: Symbols = {
  ...{ empty: '  ', branch: '|-', down: '| ', last: '`-' },
  ...{ single: '---', first: '-+-' },
};
const LINES: Symbols = {
  ...{ empty: '  ', branch: '├─', down: '│ ', last: '└─' },
  ...{ single: '───', first: '─┬─' },
};

interface Node {
  readonly name: string;
  /** Behind the name: number, arguments. */
  readonly rest: string;
  readonly children: readonly Node[];
  /** Equal for trees that look the same. */
  readonly shape: string;
}

function nodeOf(row: ProcessRow, rows: readonly ProcessRow[], parsed: Parsed): Node {
  const withArguments = parsed.has('arguments');
  const children = rows
    .filter((other) => other.ppid === row.pid && other !== row)
    .sort((a, b) =>
      parsed.has('numeric-sort') || a.comm === b.comm ? a.pid - b.pid : a.comm < b.comm ? -1 : 1,
    )
    .map((other) => nodeOf(other, rows, parsed));
  const bare = withArguments && row.argv.length === 0;
  const number = parsed.has('show-pids') ? (withArguments ? `,${row.pid}` : `(${row.pid})`) : '';
  const words = withArguments ? row.argv.slice(1).map((word) => ` ${word}`) : [];
  return {
    name: `${bare ? '(' : ''}${row.comm}`,
    rest: `${number}${bare ? ')' : ''}${words.join('')}`,
    children,
    shape: `${row.comm}${number}(${children.map(({ shape }) => shape).join(',')})`,
  };
}

/** Equal siblings together, with how many they are. */
function counted(children: readonly Node[], compact: boolean): { node: Node; count: number }[] {
  const groups: { node: Node; count: number }[] = [];
  for (const node of children) {
    const same = compact ? groups.find((group) => group.node.shape === node.shape) : undefined;
    if (same === undefined) groups.push({ node, count: 1 });
    else same.count++;
  }
  return groups;
}

class Drawing {
  readonly lines: string[] = [];
  readonly #symbols: Symbols;
  readonly #compact: boolean;

  constructor(symbols: Symbols, compact: boolean) {
    this.#symbols = symbols;
    this.#compact = compact;
  }

  /** The first child beside its parent, the others below it. `closing` brackets are open. */
  sideways(node: Node, count: number, line: string, indent: string, closing: number): void {
    const { empty, branch, down, last, single, first } = this.#symbols;
    const own = `${count > 1 ? `${count}*[` : ''}${node.name}${node.rest}`;
    const open = closing + (count > 1 ? 1 : 0);
    const children = counted(node.children, this.#compact);
    if (children.length === 0) this.lines.push(`${line}${own}${']'.repeat(open)}`);
    const below = `${indent}${' '.repeat(own.length + 1)}`;
    for (const [i, child] of children.entries()) {
      const isLast = i === children.length - 1;
      const before =
        i === 0 ? `${line}${own}${isLast ? single : first}` : `${below}${isLast ? last : branch}`;
      this.sideways(child.node, child.count, before, `${below}${isLast ? empty : down}`, open);
    }
  }

  /** Each on a line of its own, with room for arguments. */
  downwards(node: Node, line: string, indent: string): void {
    const { empty, branch, down, last } = this.#symbols;
    this.lines.push(`${line}${node.name}${node.rest}`);
    for (const [i, child] of node.children.entries()) {
      const isLast = i === node.children.length - 1;
      this.downwards(child, `${indent}  ${isLast ? last : branch}`, `${indent}  ${isLast ? empty : down}`);
    }
  }
}

/** Those to begin with; a message where there can be none. */
function* rootsOf(operand: string | undefined, rows: readonly ProcessRow[]): Sys<ProcessRow[] | string> {
  if (operand === undefined || /^\d+$/.test(operand))
    return rows.filter(({ pid }) => pid === Number(operand ?? 1));
  const account = (yield* accounts()).find(({ name }) => name === operand);
  if (account === undefined) return `No such user name: ${operand}`;
  const own = new Set(rows.filter(({ uid }) => uid === account.uid).map(({ pid }) => pid));
  return rows.filter(({ pid, ppid }) => own.has(pid) && !own.has(ppid));
}

export const pstree: CommandSpec = {
  name: 'pstree',
  usage: '[OPTION]... [PID | USER]',
  summary: 'Show processes as a tree.',
  options: [
    { short: 'a', long: 'arguments', help: 'command lines too' },
    { short: 'A', long: 'ascii', help: 'draw with ASCII' },
    { short: 'c', long: 'compact-not', help: 'each of several equal trees' },
    { short: 'l', long: 'long', help: 'lines as long as they are' },
    { short: 'n', long: 'numeric-sort', help: 'in the order of their numbers' },
    { short: 'p', long: 'show-pids', help: 'process numbers too' },
    { short: 'T', long: 'hide-threads', help: 'no threads, which are never shown' },
    { short: 'U', long: 'unicode', help: 'draw with lines, as on a terminal' },
  ],
  *run(parsed) {
    const rows = yield* processes();
    if (rows.length === 0) {
      yield* writeAll(2, '/proc is empty (not mounted ?)\n');
      return 1;
    }
    const roots = yield* rootsOf(parsed.operands[0], rows);
    if (typeof roots === 'string') {
      yield* writeAll(2, `${roots}\n`);
      return 1;
    }
    const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
    const lines = !parsed.has('ascii') && (parsed.has('unicode') || size !== null);
    const drawing = new Drawing(lines ? LINES : ASCII, !parsed.has('compact-not'));
    for (const root of roots) {
      const node = nodeOf(root, rows, parsed);
      if (parsed.has('arguments')) drawing.downwards(node, '', '');
      else drawing.sideways(node, 1, '', '', 0);
    }
    const width = parsed.has('long') ? Number.POSITIVE_INFINITY : (size?.cols ?? 132);
    const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}+` : line);
    yield* writeAll(1, drawing.lines.map((line) => `${cut(line)}\n`).join(''));
    return 0;
  },
};
