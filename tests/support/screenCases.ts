/** Full-screen programs, key by key: what our simulated terminal shows, and what the machine's own programs show on a real one. Node only. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MILLISECOND } from '../../src/base/index.ts';
import type { FileTree, HostTerminal } from '../../src/linux/index.ts';
import { commandPrograms } from '../../src/shell/commands/index.ts';
import { shellPrograms } from '../../src/shell/index.ts';
import { testHost } from './linuxHost.ts';
import { VtScreen } from './vtScreen.ts';

/** Text to type, or a new size. */
export type Step = string | { readonly rows: number; readonly cols: number };

export interface ScreenCase {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  /** Run by bash in a directory with the files. */
  readonly command: string;
  readonly files: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** What is on the screen after a step. */
export interface Shown {
  readonly lines: readonly string[];
  readonly cursor: string;
  readonly alternate: boolean;
}

const environment = {
  PATH: '/usr/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  LESSHISTFILE: '-',
};

const named: Readonly<Record<string, string>> = {
  Up: '\x1bOA',
  Down: '\x1bOB',
  Right: '\x1bOC',
  Left: '\x1bOD',
  Home: '\x1bOH',
  End: '\x1bOF',
  PageUp: '\x1b[5~',
  PageDown: '\x1b[6~',
  Delete: '\x1b[3~',
  Enter: '\r',
  Tab: '\t',
  Backspace: '\x7f',
  Esc: '\x1b',
};

/** `<C-x>`, `<M-u>`, `<Up>` … as a terminal in application mode sends them; `9x40` is a new size. */
export function step(text: string): Step {
  const size = /^(\d+)x(\d+)$/.exec(text);
  if (size !== null) return { rows: Number(size[1]), cols: Number(size[2]) };
  return text.replace(/<([CM]-.|[A-Za-z]+)>/g, (whole, name: string) => {
    if (name.startsWith('C-')) return String.fromCharCode(name.charCodeAt(2) & 31);
    if (name.startsWith('M-')) return `\x1b${name.slice(2)}`;
    return named[name] ?? whole;
  });
}

function shownOn(screen: VtScreen): Shown {
  const lines = [...screen.lines];
  while (lines.at(-1) === '') lines.pop();
  return { lines, cursor: `${screen.cursor.row},${screen.cursor.col}`, alternate: screen.alternate };
}

export interface ScreenHost {
  readonly screen: VtScreen;
  readonly terminal: HostTerminal;
  readonly file: (name: string) => string | null;
  readonly bytes: (name: string) => Uint8Array | null;
  readonly mode: (name: string) => number | null;
  /** Types or resizes, and lets time pass. */
  step(step: Step, milliseconds?: number): Shown;
}

/** A terminal of our own on which bash runs a command in /work. */
export function screenHost(
  command: string,
  options: { rows?: number; cols?: number; files?: FileTree; user?: string } = {},
): ScreenHost {
  const { rows = 10, cols = 60 } = options;
  const { host, advance } = testHost(
    { ...Object.fromEntries(shellPrograms), ...Object.fromEntries(commandPrograms) },
    { files: { '/work': { type: 'dir', mode: 0o777 }, ...options.files } },
  );
  const screen = new VtScreen(rows, cols);
  const decoder = new TextDecoder();
  const terminal = host.openTerminal({
    user: options.user ?? 'root',
    argv: ['/usr/bin/bash', '-c', `cd /work; ${command}`],
    size: { rows, cols },
    onOutput: (bytes) => screen.write(decoder.decode(bytes, { stream: true })),
  });
  advance(500 * MILLISECOND);
  return {
    screen,
    terminal,
    file: (name) => {
      const bytes = host.view.readFile(`/work/${name}`);
      return bytes === null ? null : new TextDecoder().decode(bytes);
    },
    bytes: (name) => host.view.readFile(`/work/${name}`),
    mode: (name) => host.view.stat(`/work/${name}`)?.mode ?? null,
    step(next, milliseconds = 500) {
      if (typeof next === 'string') terminal.input(new TextEncoder().encode(next));
      else if (next.cols > 0) {
        screen.resize(next.rows, next.cols);
        terminal.resize(next);
      }
      advance(milliseconds * MILLISECOND);
      return shownOn(screen);
    },
  };
}

/**
 * What both nanos show: ours has its own name in the title, and below the text only keys that do something here, while the
 * real one's last two rows tell more. Questions there are compared.
 */
export function comparable(topic: string, screens: readonly Shown[]): Shown[] {
  if (topic !== 'nano') return [...screens];
  return screens.map((shown) => ({
    ...shown,
    lines: shown.lines
      .map((line) => line.replace(/^« {2}GNU nano 7\.2/, '«  nano        '))
      .filter((line) => !/^«(?:\^[A-Z]|M-[A-Z])»/.test(line)),
  }));
}

export function runCase(one: ScreenCase): Shown[] {
  const files = Object.fromEntries(Object.entries(one.files).map(([name, text]) => [`/work/${name}`, text]));
  const { screen, step: go } = screenHost(one.command, { rows: one.rows, cols: one.cols, files });
  const first = shownOn(screen);
  return [first, ...one.steps.map((next) => go(next))];
}

/** The machine's own program; several may run at once, each has a terminal of its own and mostly waits until its screen is quiet. */
export async function runReally(one: ScreenCase): Promise<Shown[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'screen-'));
  try {
    for (const [name, text] of Object.entries(one.files)) writeFileSync(join(cwd, name), text);
    const input = JSON.stringify({ ...one, cwd, env: { ...environment, HOME: cwd } });
    const script = join(import.meta.dirname, 'realTerminal.py');
    const stdout = await new Promise<string>((resolve, reject) => {
      const child = execFile('python3', [script], { maxBuffer: 1e8 }, (error, said, stderr) =>
        error === null && stderr === '' ? resolve(said) : reject(error ?? new Error(stderr)),
      );
      child.stdin?.on('error', () => {}).end(input);
    });
    const outputs = (JSON.parse(stdout) as string[]).map((text) => Buffer.from(text, 'base64').toString());
    const screen = new VtScreen(one.rows, one.cols);
    return outputs.map((output, i) => {
      const before = one.steps[i - 1];
      if (typeof before === 'object') screen.resize(before.rows, before.cols);
      screen.write(output);
      return shownOn(screen);
    });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Cases of a file: `== ROWSxCOLS command`, then a step a line (a line of `%space` is a blank). */
export function casesOf(text: string, files: Readonly<Record<string, string>>): ScreenCase[] {
  return text
    .split(/^== /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...lines] = part.trimEnd().split('\n');
      const match = /^(\d+)x(\d+) (.*)$/.exec(head)!;
      const steps = lines.map((line) => step(line.replaceAll('%space', ' ')));
      return {
        name: `${head} | ${lines.join(' | ')}`,
        rows: Number(match[1]),
        cols: Number(match[2]),
        command: match[3]!,
        files,
        steps,
      };
    });
}

const folder = join(dirname(import.meta.dirname), 'shell', 'screens');

export function screenTopic(topic: string, files: Readonly<Record<string, string>>): ScreenCase[] {
  return casesOf(readFileSync(join(folder, `${topic}.txt`), 'utf8'), files);
}

export function recordedScreens(topic: string): Record<string, Shown[]> {
  const path = join(folder, `${topic}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** Records anew what the machine's own program shows. */
export async function recordScreens(topic: string, cases: readonly ScreenCase[]): Promise<void> {
  const results: Record<string, Shown[]> = {};
  for (const one of cases) results[one.name] = await runReally(one);
  writeFileSync(join(folder, `${topic}.json`), `${JSON.stringify(results, null, 1)}\n`);
}
