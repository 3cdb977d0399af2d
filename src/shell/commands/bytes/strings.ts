/** strings(1). */
import type { Sys } from '../../../linux/index.ts';
import { writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { ByteInput } from './byteInput.ts';

const CHUNK = 65_536;

/** `strings -8` is `-n 8`. */
function oldLength(argv: readonly string[]): string[] {
  return argv.map((arg, at) => (at > 0 && /^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
}

const printable = (byte: number) => byte === 9 || (byte >= 32 && byte < 127);

/** The strings of one file: runs of at least `least` printable bytes. */
function* ofFile(file: string, parsed: Parsed, least: number): Sys<number> {
  const radix = parsed.value('radix');
  const base = radix === 'o' ? 8 : radix === 'x' ? 16 : 10;
  const named = parsed.has('print-file-name') ? `${file === '-' ? '{standard input}' : file}: ` : '';
  const input = new ByteInput('strings', [file]);
  let run = '';
  let at = 0;
  let out = '';
  const close = () => {
    const place = radix === null ? '' : `${(at - run.length).toString(base).padStart(7)} `;
    if (run.length >= least) out += `${named}${place}${run}\n`;
    run = '';
  };
  for (;;) {
    const bytes = yield* input.take(CHUNK);
    for (const byte of bytes) {
      if (printable(byte)) run += String.fromCharCode(byte);
      else if (run.length > 0) close();
      at++;
    }
    if (bytes.length === 0) break;
    yield* writeAll(1, out);
    out = '';
  }
  close();
  yield* writeAll(1, out);
  return input.status;
}

export const strings: CommandSpec = {
  name: 'strings',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show the runs of printable characters in FILEs.',
  rewrite: oldLength,
  options: [
    { short: 'a', long: 'all', help: 'the whole file, as always here' },
    { short: 'f', long: 'print-file-name', help: "the file's name before each string" },
    { short: 'n', long: 'bytes', argument: 'MIN', help: 'at least MIN characters (4)' },
    { short: 't', long: 'radix', argument: 'o,d,x', help: 'where the string stands, in that radix' },
  ],
  *run(parsed) {
    const text = parsed.value('bytes') ?? '4';
    if (!/^\d+$/.test(text)) throw new UsageError(`invalid integer argument ${text}`);
    if (Number(text) < 1) {
      yield* complain('strings', `invalid minimum string length ${text}`);
      return 1;
    }
    const radix = parsed.value('radix');
    if (radix !== null && !/^[odx]$/.test(radix)) throw new UsageError(`invalid radix '${radix}'`);
    let status = 0;
    const files = parsed.operands.length === 0 ? ['-'] : parsed.operands;
    for (const file of files) status = (yield* ofFile(file, parsed, Number(text))) || status;
    return status;
  },
};
