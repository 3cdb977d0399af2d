/** sed: the stream editor. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { readAll, readFile, type Sys } from '../../../linux/index.ts';
import { RegexExhausted } from '../../regex/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { Input, SedEnd } from './input.ts';
import { Machine } from './machine.ts';
import { Outputs } from './outputs.ts';
import { parseScript, type Script, UnknownLabel } from './parser.ts';
import { ScriptError } from './syntax.ts';

/** sed's status for what is no fault of its user's. */
const EXHAUSTED = 4;

/** A piece of the script, from `-e`, `-f` or the first operand. */
interface Piece {
  readonly file: string | null;
  readonly text: string;
}

function* pieces(parsed: Parsed): Sys<{ pieces: Piece[]; files: readonly string[] }> {
  const found: Piece[] = [];
  const expressions = [...parsed.values('expression')];
  const files = [...parsed.values('file')];
  for (const key of parsed.order) {
    if (key === 'expression') found.push({ file: null, text: expressions.shift()! });
    if (key !== 'file') continue;
    const file = files.shift()!;
    try {
      const bytes = file === '-' ? yield* readAll(0) : yield* readFile(file);
      found.push({ file, text: decodeUtf8(bytes).replace(/\n$/, '') });
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new SedEnd(4, `couldn't open file ${file}: ${strerror(error.code)}`);
    }
  }
  if (found.length > 0) return { pieces: found, files: parsed.operands };
  const [script, ...operands] = parsed.operands;
  if (script === undefined) throw new UsageError('no script');
  return { pieces: [{ file: null, text: script }], files: operands };
}

/** Which piece of the script a place is in, as GNU sed tells it. */
function placeOf(found: readonly Piece[], at: number): string {
  let start = 0;
  let expression = 0;
  for (const { file, text } of found) {
    if (file === null) expression++;
    if (at <= start + text.length || text === found.at(-1)!.text) {
      const inside = at - start;
      if (file === null) return `-e expression #${expression}, char ${inside}`;
      return `file ${file} line ${text.slice(0, inside).split('\n').length}`;
    }
    start += text.length + 1;
  }
  return '';
}

function scriptOf(found: readonly Piece[], extended: boolean): Script {
  try {
    return parseScript(found.map(({ text }) => text).join('\n'), extended);
  } catch (error) {
    if (error instanceof UnknownLabel) throw new SedEnd(1, error.message);
    if (!(error instanceof ScriptError)) throw error;
    throw new SedEnd(1, `${placeOf(found, error.at)}: ${error.message}`);
  }
}

function* edit(parsed: Parsed): Sys<number> {
  const { pieces: found, files } = yield* pieces(parsed);
  const quietByScript = /^#n(\n|$)/.test(found[0]!.text);
  const script = scriptOf(found, parsed.has('regexp-extended') || parsed.has('r'));
  const end = parsed.has('null-data') ? '\0' : '\n';
  const suffix = parsed.value('in-place');
  const outputs = new Outputs(end, suffix);
  yield* outputs.make(script.outputs);
  const separate = suffix !== null || parsed.has('separate');
  const input = new Input(files, end.charCodeAt(0), separate, outputs);
  const settings = {
    quiet: parsed.has('quiet') || parsed.has('silent') || quietByScript,
    end,
    width: Number(parsed.value('line-length') ?? 70),
  };
  return (yield* new Machine(script, input, outputs, settings).run()) || input.status;
}

const sed: CommandSpec = {
  name: 'sed',
  usage: '[OPTION]... {script-only-if-no-other-script} [input-file]...',
  summary: 'Edit each line of the files, or of standard input, by a script.',
  options: [
    { short: 'n', long: 'quiet', help: 'print no line unless the script says so' },
    { long: 'silent', help: 'as --quiet' },
    { short: 'e', long: 'expression', argument: 'script', help: 'add to the script' },
    { short: 'f', long: 'file', argument: 'script-file', help: 'add a file to the script' },
    { short: 'E', long: 'regexp-extended', help: 'extended regular expressions, as in grep -E' },
    { short: 'r', help: 'as -E' },
    {
      short: 'i',
      long: 'in-place',
      argument: 'SUFFIX',
      optional: true,
      help: 'edit the files; keep a copy under SUFFIX',
    },
    { short: 'l', long: 'line-length', argument: 'N', help: 'width of the l command (default 70)' },
    { short: 's', long: 'separate', help: 'each file for itself, not as one long stream' },
    { short: 'u', long: 'unbuffered', help: 'write each line at once, as always here' },
    { short: 'z', long: 'null-data', help: 'lines end in NUL, not newline' },
  ],
  *run(parsed) {
    try {
      return yield* edit(parsed);
    } catch (error) {
      if (!(error instanceof SedEnd) && !(error instanceof RegexExhausted)) throw error;
      yield* complain('sed', error.message);
      return error instanceof SedEnd ? error.status : EXHAUSTED;
    }
  },
};

export const sedCommands: readonly CommandSpec[] = [sed];
