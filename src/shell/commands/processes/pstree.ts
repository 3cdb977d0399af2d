/** pstree(1) of psmisc: processes as a tree, with their threads. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts, orNull } from '../support.ts';
import { type ProcessRow, processes, threadsOf } from './rows.ts';

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
  readonly thread: boolean;
}

/** Processes, and the threads of each that are not its first. */
interface All {
  readonly rows: readonly ProcessRow[];
  readonly threads: readonly ProcessRow[];
}

function nodeOf(row: ProcessRow, all: All, parsed: Parsed): Node {
  const withArguments = parsed.has('arguments');
  const below = all.rows
    .filter((other) => other.ppid === row.pid && other !== row)
    .map((other) => ({ key: other.comm, number: other.pid, node: nodeOf(other, all, parsed) }));
  const threads = all.threads
    .filter((thread) => thread.pid === row.pid)
    .map((thread) => {
      const node = threadNode(thread, parsed.has('thread-names') ? thread.comm : row.comm, parsed);
      return { key: node.name, number: thread.lwp, node };
    });
  const children = [...below, ...threads]
    .sort((a, b) =>
      parsed.has('numeric-sort') || a.key === b.key ? a.number - b.number : a.key < b.key ? -1 : 1,
    )
    .map(({ node }) => node);
  const bare = withArguments && row.argv.length === 0;
  const number = numberText(row.pid, parsed);
  const words = withArguments ? row.argv.slice(1).map((word) => ` ${word}`) : [];
  return {
    name: `${bare ? '(' : ''}${row.comm}`,
    rest: `${number}${bare ? ')' : ''}${words.join('')}`,
    children,
    shape: `${row.comm}${number}(${children.map(({ shape }) => shape).join(',')})`,
    thread: false,
  };
}

function numberText(number: number, parsed: Parsed): string {
  if (!parsed.has('show-pids')) return '';
  return parsed.has('arguments') ? `,${number}` : `(${number})`;
}

function threadNode({ lwp }: ProcessRow, comm: string, parsed: Parsed): Node {
  const [name, rest] = [`{${comm}}`, numberText(lwp, parsed)];
  return { name, rest, children: [], shape: `${name}${rest}`, thread: true };
}

/** Equal siblings together, with how many they are. */
function counted(
  children: readonly Node[],
  compact: boolean,
  may = (_node: Node) => true,
): { node: Node; count: number }[] {
  const groups: { node: Node; count: number }[] = [];
  for (const node of children) {
    const same = compact && may(node) ? groups.find((group) => group.node.shape === node.shape) : undefined;
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

  /** Each on a line of its own, with room for arguments; only threads that look the same are put together. */
  downwards(node: Node, line: string, indent: string, count = 1): void {
    const { empty, branch, down, last } = this.#symbols;
    const own = `${node.name}${node.rest}`;
    this.lines.push(`${line}${count > 1 ? `${count}*[${own}]` : own}`);
    const children = counted(node.children, this.#compact, ({ thread }) => thread);
    for (const [i, child] of children.entries()) {
      const isLast = i === children.length - 1;
      this.downwards(
        child.node,
        `${indent}  ${isLast ? last : branch}`,
        `${indent}  ${isLast ? empty : down}`,
        child.count,
      );
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
    { short: 't', long: 'thread-names', help: 'the names of threads' },
    { short: 'T', long: 'hide-threads', help: 'no threads' },
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
    const several = parsed.has('hide-threads') ? [] : rows.filter(({ threads }) => threads > 1);
    const threads = (yield* threadsOf(several)).filter(({ pid, lwp }) => lwp !== pid);
    const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
    const lines = !parsed.has('ascii') && (parsed.has('unicode') || size !== null);
    const drawing = new Drawing(lines ? LINES : ASCII, !parsed.has('compact-not'));
    for (const root of roots) {
      const node = nodeOf(root, { rows, threads }, parsed);
      if (parsed.has('arguments')) drawing.downwards(node, '', '');
      else drawing.sideways(node, 1, '', '', 0);
    }
    const width = parsed.has('long') ? Number.POSITIVE_INFINITY : (size?.cols ?? 132);
    const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}+` : line);
    yield* writeAll(1, drawing.lines.map((line) => `${cut(line)}\n`).join(''));
    return 0;
  },
};
