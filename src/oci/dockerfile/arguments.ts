/** The words of each instruction, by the rules that its keyword has: JSON, blanks, `name=value`, or one text. */
import { goQuote } from '../../base/index.ts';
import { DockerfileError } from './errors.ts';
import { isBlank, splitBlanks, trimStart } from './text.ts';
import { splitFlags, splitWords } from './words.ts';

export interface Arguments {
  readonly args: readonly string[];
  /** They were a JSON array: the exec form. */
  readonly json: boolean;
  /** What ONBUILD keeps. */
  readonly inner?: InstructionLine;
}

export interface InstructionLine extends Arguments {
  /** As it is written. */
  readonly keyword: string;
  /** As they are written, quotes taken off: `--from=build`. */
  readonly flags: readonly string[];
  /** The instruction on one line, here-documents left out. */
  readonly original: string;
}

const plain = (args: readonly string[]): Arguments => ({ args, json: false });
const one = (rest: string): Arguments => plain(rest === '' ? [] : [rest]);
const blanks = (rest: string): Arguments => plain(rest === '' ? [] : splitBlanks(rest));

/** A JSON array of texts; null when it is no array, which then is something else. Throws when it has other things in it. */
function jsonArray(rest: string): string[] | null {
  if (!trimStart(rest).startsWith('[')) return null;
  let value: unknown;
  try {
    value = JSON.parse(trimStart(rest));
  } catch {
    return null;
  }
  if (!(value as unknown[]).every((item) => typeof item === 'string'))
    throw new DockerfileError('when using JSON array syntax, arrays must be comprised of strings only');
  return value as string[];
}

const jsonOr = (rest: string, other: (rest: string) => Arguments): Arguments => {
  const list = jsonArray(rest);
  return list === null ? other(rest) : { args: list, json: true };
};

/** In threes: name, value, and the `=` between them or nothing, in the old form `ENV name value`. */
function pairs(rest: string, keyword: string, escapeToken: string): Arguments {
  const words = splitWords(rest, escapeToken);
  if (words.length === 0) return plain([]);
  if (!words[0]!.includes('=')) {
    const [name = '', value] = splitBlanks(rest, 2);
    if (value === undefined) throw new DockerfileError(`${keyword} must have two arguments`);
    return plain([name, value, '']);
  }
  return plain(
    words.flatMap((word) => {
      const at = word.indexOf('=');
      if (at < 0)
        throw new DockerfileError(
          `Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`,
        );
      return [word.slice(0, at), word.slice(at + 1), '='];
    }),
  );
}

/** `CMD …` or `NONE`: a word, then a command. */
function health(rest: string): Arguments {
  const chars = [...rest];
  const end = chars.findIndex(isBlank);
  if (rest === '') return plain([]);
  const word = chars.slice(0, end < 0 ? chars.length : end).join('');
  const command = jsonOr(trimStart(rest.slice(word.length)), one);
  return { args: [word, ...command.args], json: command.json };
}

function onbuild(rest: string, escapeToken: string): Arguments {
  if (rest === '') return plain([]);
  const inner = readInstruction(rest, escapeToken);
  return { args: [inner.keyword, ...inner.args], json: false, inner };
}

/** A line's keyword with its words; the instruction of ONBUILD is read the same way. Throws DockerfileError. */
export function readInstruction(original: string, escapeToken: string): InstructionLine {
  const { keyword, flags, rest } = splitFlags(original, escapeToken);
  return { keyword, flags, original, ...argumentsOf(keyword.toLowerCase(), rest, escapeToken) };
}

/** `keyword` in small letters. Words of unknown instructions are not read. */
function argumentsOf(keyword: string, rest: string, escapeToken: string): Arguments {
  switch (keyword) {
    case 'add':
    case 'copy':
    case 'volume':
      return jsonOr(rest, blanks);
    case 'cmd':
    case 'entrypoint':
    case 'run':
    case 'shell':
      return jsonOr(rest, one);
    case 'arg':
      return plain(splitWords(rest, escapeToken));
    case 'env':
    case 'label':
      return pairs(rest, keyword.toUpperCase(), escapeToken);
    case 'expose':
    case 'from':
      return blanks(rest);
    case 'healthcheck':
      return health(rest);
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return one(rest);
    case 'onbuild':
      return onbuild(rest, escapeToken);
    default:
      return plain(['']);
  }
}
