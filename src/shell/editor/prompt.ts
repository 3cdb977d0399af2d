/** Prompts: the escapes of PS1 and PS2 (the bash manual, "Controlling the Prompt"). */
import { type Sys, sys } from '../../linux/index.ts';
import { parserOptions } from '../exec/parse.ts';
import { formatTime } from '../expand/strftime.ts';
import { passwordEntries } from '../expand/tilde.ts';
import { expandText } from '../expand/word.ts';
import type { Shell } from '../state/shell.ts';
import type { Lexer } from '../syntax/lexer.ts';
import { Parser } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { PartList, readQuotedCharacter } from '../syntax/words.ts';
import { textFromByte } from '../text.ts';

export const VERSION = '5.2';
const RELEASE = '5.2.15';

interface Facts {
  readonly user: string;
  readonly host: string;
  readonly uid: number;
  readonly seconds: number;
}

function* gather(shell: Shell): Sys<Facts> {
  const uid = yield* sys.geteuid();
  const user =
    (yield* passwordEntries()).find((entry) => entry.uid === uid)?.name ??
    shell.variables.get('USER') ??
    'I have no name!';
  yield* shell.refreshClock();
  return { user, uid, host: (yield* sys.uname()).nodename, seconds: shell.clock.sec };
}

function workingDirectory(shell: Shell, base: boolean): string {
  const path = shell.variables.get('PWD') ?? '';
  const home = shell.variables.get('HOME') ?? '';
  if (home !== '' && path === home) return '~';
  if (base) return path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1);
  return home !== '' && home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function escapes(shell: Shell, facts: Facts): Readonly<Record<string, () => string>> {
  const time = (format: string) => formatTime(format, facts.seconds);
  return {
    a: () => '\x07',
    d: () => time('%a %b %d'),
    e: () => '\x1b',
    h: () => facts.host.split('.')[0]!,
    H: () => facts.host,
    j: () => String(shell.jobs.all.length),
    l: () => 'pts',
    n: () => '\n',
    r: () => '\r',
    s: () => shell.name.replace(/^-/, '').replace(/.*\//, ''),
    t: () => time('%H:%M:%S'),
    T: () => time('%I:%M:%S'),
    '@': () => time('%I:%M %p'),
    A: () => time('%H:%M'),
    u: () => facts.user,
    v: () => VERSION,
    V: () => RELEASE,
    w: () => workingDirectory(shell, false),
    W: () => workingDirectory(shell, true),
    '!': () => String(shell.history?.nextNumber ?? 1),
    '#': () => String(shell.history?.nextNumber ?? 1),
    $: () => (facts.uid === 0 ? '#' : '\\$'),
    '\\': () => '\\\\',
    '[': () => '\x01',
    ']': () => '\x02',
  };
}

function decode(shell: Shell, text: string, facts: Facts): string {
  const table = escapes(shell, facts);
  return text.replace(
    /\\(?:([0-7]{3})|D\{([^}]*)\}|(.))/gs,
    (whole, octal?: string, format?: string, letter?: string) => {
      if (octal !== undefined) return textFromByte(Number.parseInt(octal, 8) & 0xff);
      if (format !== undefined) return formatTime(format === '' ? '%X' : format, facts.seconds);
      return table[letter!]?.() ?? whole;
    },
  );
}

/** Expands the prompt `text`; \x01 and \x02 enclose what takes no room on the screen. */
export function* expandPrompt(shell: Shell, text: string): Sys<string> {
  const decoded = decode(shell, text, yield* gather(shell));
  if (!/[$`\\]/.test(decoded)) return decoded;
  const options = parserOptions(shell, false);
  const source = new Source(decoded);
  const parser = new Parser(source, options);
  const reading: Lexer = parser.lexer;
  const list = new PartList();
  while (!source.atEnd) readQuotedCharacter(reading, list, '$`\\');
  const { lastStatus } = shell;
  const expanded = yield* expandText(shell, {
    parts: [{ type: 'double', parts: list.finish() }],
    text: decoded,
  });
  shell.lastStatus = lastStatus;
  return expanded;
}
