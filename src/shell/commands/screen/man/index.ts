/** man(1), apropos(1), whatis(1): the manual of the commands that are installed. */
import { isOsError } from '../../../../base/index.ts';
import { type ProgramContext, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { compileRegex } from '../../../regex/index.ts';
import type { CommandSpec } from '../../options.ts';
import { runFound } from '../../processes/running.ts';
import { orNull } from '../../support.ts';
import { isTerminal } from '../terminal.ts';
import { manualPage, plainPage, sectionOf, shortSummary } from './page.ts';

const NOTHING_FOUND = 16;
const FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/bin'];

/** A host has a manual of what it has. */
function* installed(spec: CommandSpec): Sys<boolean> {
  for (const folder of FOLDERS) {
    if ((yield* orNull(() => sys.stat(`${folder}/${spec.name}`))) !== null) return true;
  }
  return false;
}

function* pageWidth(env: ReadonlyMap<string, string>): Sys<number> {
  const wished = Number(env.get('MANWIDTH'));
  if (Number.isInteger(wished) && wished > 0) return wished;
  const size = yield* orNull(() => sys.tcgetwinsize(1));
  return Math.max(30, size === null || size.cols === 0 ? 80 : size.cols);
}

/** Shows pages through $MANPAGER, $PAGER or less. */
function* throughPager(title: string, text: string, env: ReadonlyMap<string, string>): Sys<number> {
  const pager = env.get('MANPAGER') || env.get('PAGER') || 'less';
  const prompt = `Manual page ${title} ?ltline %lt?L/%L.:byte %bB?s/%s..?e (END):?pB %pB\\%.. (press h for help or q to quit)`;
  const changed = new Map([...env, ['LESS', `-iRPs${prompt}$${env.get('LESS') ?? ''}`]]);
  const [from, to] = yield* sys.pipe();
  const pid = yield* sys.fork(function* () {
    yield* sys.dup2(from, 0);
    yield* sys.close(from);
    yield* sys.close(to);
    return yield* runFound('man', pager.split(/\s+/), changed);
  });
  // Ctrl-C is for the pager.
  for (const signal of ['INT', 'QUIT', 'PIPE'] as const) yield* sys.sigaction(signal, 'ignore');
  yield* sys.close(from);
  try {
    yield* writeAll(to, text);
  } catch (error) {
    if (!isOsError(error, 'EPIPE')) throw error;
  }
  yield* sys.close(to);
  const { state } = yield* sys.wait4(pid);
  return state.kind === 'exited' ? state.code : 1;
}

function* show(
  specs: readonly CommandSpec[],
  names: readonly string[],
  { env }: ProgramContext,
): Sys<number> {
  const width = yield* pageWidth(env);
  const pages: string[] = [];
  let title = '';
  let status = 0;
  const section = /^[1-9]$/.test(names[0] ?? '') ? names[0] : undefined;
  for (const name of section === undefined ? names : names.slice(1)) {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined || !(yield* installed(spec)) || (section ?? sectionOf(name)) !== sectionOf(name)) {
      yield* complainPlainly(
        `No manual entry for ${name}${section === undefined ? '' : ` in section ${section}`}`,
      );
      status = NOTHING_FOUND;
      continue;
    }
    pages.push(manualPage(spec, width));
    title ||= `${name}(${sectionOf(name)})`;
  }
  if (pages.length === 0) return status;
  const text = pages.join('\n');
  if (!(yield* isTerminal(1))) yield* writeAll(1, plainPage(text));
  else status ||= yield* throughPager(title, text, env);
  return status;
}

function* complainPlainly(message: string): Sys<void> {
  yield* writeAll(2, `${message}\n`);
}

/** `ls (1)               - list directory contents` */
function entry(spec: CommandSpec): string {
  return `${`${spec.name} (${sectionOf(spec.name)})`.padEnd(20)} - ${shortSummary(spec)}\n`;
}

function* list(
  specs: readonly CommandSpec[],
  words: readonly string[],
  matches: (spec: CommandSpec, word: string) => boolean,
): Sys<number> {
  let status = 0;
  for (const word of words) {
    const found: CommandSpec[] = [];
    for (const spec of specs) if (matches(spec, word) && (yield* installed(spec))) found.push(spec);
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    yield* writeAll(1, found.map(entry).join(''));
    if (found.length > 0) continue;
    yield* complainPlainly(`${word}: nothing appropriate.`);
    status = NOTHING_FOUND;
  }
  return status;
}

function about(spec: CommandSpec, word: string): boolean {
  const pattern = compileRegex(word, { extended: true, ignoreCase: true });
  return pattern !== null && (pattern.test(spec.name) || pattern.test(spec.summary));
}

const isNamed = (spec: CommandSpec, word: string) => spec.name === word;

/** `specs` gives the specifications of all commands; these are among them. */
export function manualCommands(specs: () => readonly CommandSpec[]): readonly CommandSpec[] {
  return [
    {
      name: 'man',
      usage: '[OPTION]... [SECTION] NAME...',
      summary: 'Show the manual of a command.',
      usageStatus: 2,
      options: [
        { short: 'k', long: 'apropos', help: 'list the commands whose name or summary matches' },
        { short: 'f', long: 'whatis', help: 'show the summaries only' },
      ],
      *run(parsed, context) {
        const { operands } = parsed;
        if (parsed.has('apropos')) return yield* listOr('apropos', specs(), operands, about);
        if (parsed.has('whatis')) return yield* listOr('whatis', specs(), operands, isNamed);
        if (operands.length === 0 || (operands.length === 1 && /^[1-9]$/.test(operands[0]!))) {
          const section = operands[0];
          yield* complainPlainly(
            section === undefined
              ? "What manual page do you want?\nFor example, try 'man man'."
              : `No manual entry for ${section}`,
          );
          return section === undefined ? 1 : NOTHING_FOUND;
        }
        return yield* show(specs(), operands, context);
      },
    },
    {
      name: 'apropos',
      usage: 'KEYWORD...',
      summary: 'List the commands whose name or summary matches a regular expression.',
      options: [],
      run: ({ operands }) => listOr('apropos', specs(), operands, about),
    },
    {
      name: 'whatis',
      usage: 'NAME...',
      summary: 'Show what commands do, in one line each.',
      options: [],
      run: ({ operands }) => listOr('whatis', specs(), operands, isNamed),
    },
  ];
}

function* listOr(
  name: string,
  specs: readonly CommandSpec[],
  words: readonly string[],
  matches: (spec: CommandSpec, word: string) => boolean,
): Sys<number> {
  if (words.length > 0) return yield* list(specs, words, matches);
  yield* complainPlainly(`${name} what?`);
  return 1;
}
