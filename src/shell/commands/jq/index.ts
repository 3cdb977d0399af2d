/** jq(1): looks into JSON and changes it, as jq 1.6 does. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import {
  type Program,
  type ProgramContext,
  readAll,
  readFile,
  type Sys,
  writeAll,
} from '../../../linux/index.ts';
import { check } from './check.ts';
import { Evaluator } from './evaluate.ts';
import { isForeignOption } from './foreign.ts';
import { JsonReader, JsonTextError } from './json.ts';
import { CompileError, tokenize } from './lexer.ts';
import { Meter } from './meter.ts';
import { NATIVES } from './natives.ts';
import { parse } from './parser.ts';
import { PRELUDE } from './prelude.ts';
import type { Definition, Node } from './tree.ts';
import { Exhausted, JqError, type Layout, text, truthy, type Value } from './values.ts';

const HELP = `Usage:	jq [OPTIONS] FILTER [FILE]...
	jq [OPTIONS] -n FILTER
	jq [OPTIONS] -f FILE [FILE]...

Applies FILTER to each JSON value of the files, or of standard input.

  -c, --compact-output     one value a line
  -n, --null-input         null is the one input
  -r, --raw-output         strings without quotes
  -j, --join-output        as -r, without line ends
  -R, --raw-input          each line is a string
  -s, --slurp              all inputs as one array
  -S, --sort-keys          keys in order
  -a, --ascii-output       characters beyond ASCII as \\uXXXX
  -e, --exit-status        status 1 when the last value is false or null, 4 without any
  -f, --from-file FILE     the filter is in FILE
      --tab, --indent N    how deep levels are indented
      --arg NAME VALUE     $NAME is the string VALUE
      --argjson NAME JSON  $NAME is what JSON says
      --slurpfile NAME FILE, --rawfile NAME FILE
                           $NAME is an array of the values in FILE, or its text
      --args, --jsonargs   what follows is $ARGS.positional
  -h, --help               show this help
      --version            show the version
`;

/** Ends the command with a status, after its message. */
class Failure extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const LETTERS: Readonly<Record<string, string>> = {
  c: 'compact-output',
  n: 'null-input',
  r: 'raw-output',
  j: 'join-output',
  R: 'raw-input',
  s: 'slurp',
  S: 'sort-keys',
  a: 'ascii-output',
  e: 'exit-status',
  f: 'from-file',
  h: 'help',
  M: 'monochrome-output',
};
const LONG = new Set([
  ...Object.values(LETTERS),
  'tab',
  'version',
  'indent',
  'arg',
  'argjson',
  'slurpfile',
  'rawfile',
  'args',
  'jsonargs',
  'unbuffered',
]);

interface Arguments {
  readonly flags: ReadonlySet<string>;
  readonly indent: number;
  readonly filter: string | null;
  readonly files: readonly string[];
  readonly variables: ReadonlyMap<string, Value>;
}

function jsonOf(source: string, name: string): Value {
  try {
    const value = new JsonReader(source).next();
    if (value !== undefined) return value;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
  }
  throw new Failure(`jq: Invalid JSON text passed to --${name}`, 2);
}

function* fileText(path: string, kind = ''): Sys<string> {
  try {
    return decodeUtf8(yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failure(`jq: error: Could not open ${kind}${path}: ${strerror(error.code)}`, 2);
  }
}

function valuesIn(source: string): Value[] {
  const reader = new JsonReader(source);
  const values: Value[] = [];
  for (let value = reader.next(); value !== undefined; value = reader.next()) values.push(value);
  return values;
}

function* argumentsOf(argv: readonly string[]): Sys<Arguments> {
  const rest = argv.slice(1);
  const flags = new Set<string>();
  const words: string[] = [];
  const named = new Map<string, Value>();
  const positional: Value[] = [];
  let indent = 2;
  let further: 'files' | 'args' | 'jsonargs' = 'files';
  const next = (name: string, count: number): string[] => {
    const given = rest.splice(0, count);
    if (given.length < count)
      throw new Failure(`jq: --${name} takes ${count} parameter${count > 1 ? 's' : ''}`, 2);
    return given;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!/^-./.test(word)) {
      if (further === 'files' || (words.length === 0 && !flags.has('from-file'))) words.push(word);
      else positional.push(further === 'args' ? word : jsonOf(word, 'jsonargs'));
      continue;
    }
    const names = word.startsWith('--')
      ? [word.slice(2)]
      : [...word.slice(1)].map((letter) => LETTERS[letter] ?? letter);
    for (const name of names) {
      if (isForeignOption(name))
        throw new Failure(`jq: -${name.length > 1 ? '-' : ''}${name} is not simulated on this host`, 2);
      if (!LONG.has(name))
        throw new Failure(
          `jq: Unknown arguments\nUse jq --help for help with command-line options,\nor see the jq manpage`,
          2,
        );
      flags.add(name);
      if (name === 'args' || name === 'jsonargs') further = name;
      else if (name === 'indent') {
        indent = Number(next(name, 1)[0]);
        if (!(indent >= 0 && indent <= 7)) throw new Failure('jq: Cannot indent more than 7 characters', 2);
      } else if (name === 'arg' || name === 'argjson' || name === 'slurpfile' || name === 'rawfile') {
        const [key, value] = next(name, 2) as [string, string];
        if (name === 'arg') named.set(key, value);
        else if (name === 'argjson') named.set(key, jsonOf(value, name));
        else {
          const content = yield* fileText(value);
          named.set(key, name === 'rawfile' ? content : valuesIn(content));
        }
      }
    }
  }
  const variables = new Map<string, Value>([
    [
      'ARGS',
      new Map<string, Value>([
        ['positional', positional],
        ['named', named],
      ]),
    ],
    ...named,
  ]);
  let filter = words.shift() ?? null;
  if (flags.has('from-file') && filter !== null) filter = yield* fileText(filter);
  return { flags, indent, filter, files: words, variables };
}

let prelude: Definition[] | null = null;

/** The functions written in jq, in the order in which they build on each other. */
function preludeDefinitions(): readonly Definition[] {
  if (prelude !== null) return prelude;
  const found: Definition[] = [];
  for (let node = parse(tokenize(PRELUDE)); node.kind === 'define'; node = node.body)
    found.push(node.definition);
  prelude = found;
  return found;
}

function compiled(filter: string, variables: Iterable<string>): Node {
  try {
    const program = parse(tokenize(filter));
    const names = [
      ...NATIVES.keys(),
      'path/1',
      'input/0',
      'inputs/0',
      ...[...variables].map((name) => `$${name}`),
    ];
    const whole = preludeDefinitions().reduceRight<Node>(
      (body, definition) => ({ kind: 'define', definition, body }),
      program,
    );
    check(whole, new Set(names));
    return program;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new Failure(
      `jq: error: ${error.message} at <top-level>, line 1:\n${filter}\njq: 1 compile error`,
      3,
    );
  }
}

/** Inputs one after the other, over all files. */
class Inputs {
  readonly #sources: string[];
  readonly #raw: boolean;
  readonly #name: string;
  #reader: JsonReader | null = null;

  constructor(sources: readonly string[], raw: boolean, name: string) {
    this.#sources = [...sources];
    this.#raw = raw;
    this.#name = name;
  }

  /** For messages: `<stdin>:3`. */
  get place(): string {
    return this.#reader === null ? '<unknown>' : `${this.#name}:${this.#reader.line}`;
  }

  next(): Value | undefined {
    for (;;) {
      if (this.#raw) {
        const source = this.#sources[0];
        if (source === undefined) return undefined;
        if (source === '') this.#sources.shift();
        else {
          const end = source.indexOf('\n');
          this.#sources[0] = end < 0 ? '' : source.slice(end + 1);
          return end < 0 ? source : source.slice(0, end);
        }
        continue;
      }
      const value = this.#reader?.next();
      if (value !== undefined) return value;
      const source = this.#sources.shift();
      if (source === undefined) return undefined;
      this.#reader = new JsonReader(source);
    }
  }

  rest(): Value[] {
    const values: Value[] = [];
    for (let value = this.next(); value !== undefined; value = this.next()) values.push(value);
    return values;
  }

  /** Everything as it is. */
  whole(): string {
    return this.#sources.splice(0).join('');
  }
}

function layoutOf({ flags, indent }: Arguments): Layout {
  const spaces =
    flags.has('compact-output') || indent === 0 ? '' : flags.has('tab') ? '\t' : ' '.repeat(indent);
  return { indent: spaces, sortKeys: flags.has('sort-keys'), ascii: flags.has('ascii-output') };
}

function* run({ argv, env }: ProgramContext): Sys<number> {
  const given = yield* argumentsOf(argv);
  const { flags, filter } = given;
  if (flags.has('help') || filter === null) {
    yield* writeAll(flags.has('help') ? 1 : 2, HELP);
    return flags.has('help') ? 0 : 2;
  }
  if (flags.has('version')) {
    yield* writeAll(1, 'jq-1.6\n');
    return 0;
  }
  const variables = new Map<string, Value>([...given.variables, ['ENV', new Map(env)]]);
  const program = compiled(filter, variables.keys());
  let status = 0;
  const sources: string[] = [];
  for (const file of given.files)
    try {
      sources.push(yield* fileText(file, 'file '));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      yield* writeAll(2, `${error.message}\n`);
      status = 2;
    }
  const asked = !flags.has('null-input') || /\binputs?\b/.test(filter);
  if (given.files.length === 0 && asked) sources.push(decodeUtf8(yield* readAll(0)));
  const inputs = new Inputs(sources, flags.has('raw-input'), '<stdin>');
  const natives = new Map(NATIVES);
  natives.set('input/0', function* () {
    const value = inputs.next();
    if (value === undefined) throw new JqError('break');
    yield { value, path: null };
  });
  natives.set('inputs/0', function* () {
    for (const value of inputs.rest()) yield { value, path: null };
  });
  const layout = layoutOf(given);
  const raw = flags.has('raw-output') || flags.has('join-output');
  const meter = new Meter();
  let last: Value | undefined;
  let stopped = false;
  const one = function* (value: Value): Sys<void> {
    try {
      for (const result of new Evaluator(natives, meter).run(
        program,
        value,
        variables,
        preludeDefinitions(),
      )) {
        last = result;
        const shown = raw && typeof result === 'string' ? result : text(result, layout);
        yield* writeAll(1, flags.has('join-output') ? shown : `${shown}\n`);
      }
    } catch (error) {
      if (!(error instanceof JqError) && !(error instanceof Exhausted)) throw error;
      yield* writeAll(2, `jq: error (at ${inputs.place}): ${error.message}\n`);
      status = 5;
      stopped = error instanceof Exhausted;
    }
  };
  try {
    if (flags.has('null-input')) yield* one(null);
    else if (flags.has('slurp')) yield* one(flags.has('raw-input') ? inputs.whole() : inputs.rest());
    else
      for (let value = inputs.next(); value !== undefined && !stopped; value = inputs.next())
        yield* one(value);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    yield* writeAll(2, `parse error: ${error.message}\n`);
    return 4;
  }
  if (status !== 0 || !flags.has('exit-status')) return status;
  return last === undefined ? 4 : truthy(last) ? 0 : 1;
}

export const jqProgram: Program = function* (context) {
  try {
    return yield* run(context);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield* writeAll(2, `${error.message}\n`);
    return error.status;
  }
};
