/** watch(1): a command's output, looked at again and again. */
import { SECOND } from '../../../../base/index.ts';
import { readAll, type Sys, sys } from '../../../../linux/index.ts';
import { textFromBytes } from '../../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { runFound } from '../../processes/running.ts';
import { complain } from '../../support.ts';
import { formatDate } from '../../system/dateText.ts';
import { type Cell, cellsOf, REVERSE, textWidth, wrapped } from '../cells.ts';
import { Frame, fitted, plainRow, type Row } from '../frame.ts';
import { type Input, Terminal } from '../terminal.ts';
import { monotonic, secondsOf, waitFor } from './timing.ts';

const SHORTEST = 0.1;

interface Look {
  readonly output: string;
  readonly status: number;
}

/** Runs the command, both its outputs into a pipe. */
function* look(words: readonly string[], exact: boolean, env: ReadonlyMap<string, string>): Sys<Look> {
  const [from, to] = yield* sys.pipe();
  const argv = exact ? words : ['sh', '-c', words.join(' ')];
  const pid = yield* sys.fork(function* () {
    yield* sys.dup2(to, 1);
    yield* sys.dup2(to, 2);
    yield* sys.close(from);
    yield* sys.close(to);
    return yield* runFound('watch', argv, env);
  });
  yield* sys.close(to);
  const output = textFromBytes(yield* readAll(from));
  yield* sys.close(from);
  const { state } = yield* sys.wait4(pid);
  return { output, status: state.kind === 'exited' ? state.code : 1 };
}

function* titleOf(words: readonly string[], interval: number, cols: number): Sys<Row> {
  const { nodename } = yield* sys.uname();
  const right = `${nodename}: ${formatDate('%a %b %e %H:%M:%S %Y', yield* sys.clock_gettime('realtime'))}`;
  if (textWidth(right) > cols) return [];
  const room = cols - textWidth(right) - 1;
  const left = `Every ${interval.toFixed(1)}s: ${words.join(' ')}`;
  const shown = textWidth(left) <= room ? left : room > 3 ? `${fitted(left, room - 3)}...` : '';
  return plainRow(shown + ' '.repeat(cols - textWidth(right) - textWidth(shown)) + right);
}

/** What has changed since the time before, in reverse video. */
function compared(rows: readonly (readonly Cell[])[], before: readonly (readonly Cell[])[] | null): Row[] {
  return rows.map((row, index) => {
    const old = before?.[index] ?? [];
    return row.map((cell, at) =>
      before !== null && old[at]?.shown !== cell.shown ? { ...cell, style: REVERSE } : cell,
    );
  });
}

const isEnd = (input: Input) => input.kind === 'interrupt' || input.kind === 'end';

function* watching(
  parsed: Parsed,
  interval: number,
  terminal: Terminal,
  env: ReadonlyMap<string, string>,
): Sys<number> {
  const frame = new Frame(terminal);
  let before: Cell[][] | null = null;
  let first: string | null = null;
  for (;;) {
    const { output, status } = yield* look(parsed.operands, parsed.has('exec'), env);
    const rows = output
      .replace(/\n$/, '')
      .split('\n')
      .flatMap((line) => wrapped(cellsOf(line, false), terminal.cols));
    const title = parsed.has('no-title')
      ? []
      : [yield* titleOf(parsed.operands, interval, terminal.cols), []];
    const shown = rows.slice(0, Math.max(0, terminal.rows - title.length));
    const body = parsed.has('differences') ? compared(shown, before) : shown;
    before = shown;
    const size = { rows: terminal.rows, cols: terminal.cols };
    frame.draw([...title, ...body], { row: terminal.rows - 1, col: terminal.cols - 1 });
    if (status !== 0 && parsed.has('errexit')) return status;
    if (first !== null && first !== output && parsed.has('chgexit')) return 0;
    first = output;
    const deadline = (yield* monotonic()) + interval * SECOND;
    const input = yield* waitFor(terminal, deadline, (one) => isEnd(one) || one.kind === 'resize');
    if (input !== null && isEnd(input)) return 0;
    if (size.rows !== terminal.rows || size.cols !== terminal.cols || input?.kind === 'resize')
      frame.forget();
  }
}

export const watch: CommandSpec = {
  name: 'watch',
  usage: '[OPTION]... COMMAND [ARG]...',
  summary: 'Run COMMAND again and again, and show its output; Ctrl-C ends it.',
  operandsEndOptions: true,
  options: [
    { short: 'd', long: 'differences', help: 'mark what has changed since the time before' },
    { short: 'e', long: 'errexit', help: 'leave when COMMAND fails' },
    { short: 'g', long: 'chgexit', help: 'leave when the output changes' },
    { short: 'n', long: 'interval', argument: 'SECONDS', help: 'wait so long in between (default 2)' },
    { short: 't', long: 'no-title', help: 'no line above the output' },
    { short: 'x', long: 'exec', help: 'run COMMAND itself, not through sh -c' },
  ],
  *run(parsed, { env }) {
    if (parsed.operands.length === 0) throw new UsageError('no command given');
    const seconds = secondsOf(parsed.value('interval') ?? '2');
    if (seconds === null) {
      yield* complain('watch', `failed to parse argument: '${parsed.value('interval')}'`);
      return 1;
    }
    const terminal = yield* Terminal.open({ modes: { icanon: false, echo: false } });
    if (terminal === null) {
      yield* complain('watch', 'no terminal to show anything on');
      return 1;
    }
    terminal.useAlternate();
    try {
      return yield* watching(parsed, Math.max(SHORTEST, seconds), terminal, env);
    } finally {
      yield* terminal.leave();
    }
  },
};
