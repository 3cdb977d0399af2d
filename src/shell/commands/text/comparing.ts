/** comm(1) and join(1): sorted files line by line. */
import type { Sys } from '../../../linux/index.ts';
import { compareText } from '../../state/variables.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { attempt, complain } from '../support.ts';
import { openInput, PieceWriter, Refusal, refusing, TextLines } from './lineTools.ts';

/** Two operands, both opened; null after a message. */
function* twoInputs(name: string, operands: readonly string[]): Sys<[TextLines, TextLines] | null> {
  const [first, second, extra] = operands;
  if (first === undefined) throw new UsageError('missing operand');
  if (second === undefined) throw new UsageError(`missing operand after ‘${first}’`);
  if (extra !== undefined) throw new UsageError(`extra operand ‘${extra}’`);
  const inputs: TextLines[] = [];
  for (const file of [first, second]) {
    const good = yield* attempt(name, file, function* () {
      inputs.push(new TextLines(yield* openInput(file)));
    });
    if (!good) return null;
  }
  return [inputs[0]!, inputs[1]!];
}

export const comm: CommandSpec = {
  name: 'comm',
  usage: '[OPTION]... FILE1 FILE2',
  summary: 'Compare two sorted files: lines only in the first, only in the second, in both.',
  options: [
    { short: '1', help: 'without the lines only in FILE1' },
    { short: '2', help: 'without the lines only in FILE2' },
    { short: '3', help: 'without the lines in both' },
    { long: 'nocheck-order', help: 'do not mind lines that are not sorted' },
    { long: 'total', help: 'how many there are, in the end' },
    { long: 'output-delimiter', argument: 'TEXT', help: 'between the columns instead of a tab' },
  ],
  *run(parsed) {
    const inputs = yield* twoInputs('comm', parsed.operands);
    if (inputs === null) return 1;
    const delimiter = parsed.value('output-delimiter') ?? '\t';
    const shown = ['1', '2', '3'].map((key) => !parsed.has(key));
    const counts = [0, 0, 0];
    const out = new PieceWriter();
    const put = function* (column: number, text: string): Sys<void> {
      counts[column]!++;
      if (!shown[column]) return;
      yield* out.write(`${delimiter.repeat(shown.slice(0, column).filter(Boolean).length)}${text}\n`);
    };
    const order = new OrderCheck('comm', !parsed.has('nocheck-order'));
    const next = function* (side: 0 | 1): Sys<string | null> {
      const line = yield* inputs[side].next();
      if (line !== null) yield* order.see(side, line.text, out);
      return line?.text ?? null;
    };
    let left = yield* next(0);
    let right = yield* next(1);
    while (left !== null || right !== null) {
      const sign = left === null ? 1 : right === null ? -1 : compareText(left, right);
      yield* put(sign === 0 ? 2 : sign < 0 ? 0 : 1, sign <= 0 ? left! : right!);
      if (sign <= 0) left = yield* next(0);
      if (sign >= 0) right = yield* next(1);
    }
    if (parsed.has('total')) yield* out.write(`${counts.join(delimiter)}${delimiter}total\n`);
    yield* out.flush();
    return yield* order.finish();
  },
};

/** Says once for each file that it is not sorted. */
class OrderCheck {
  readonly #name: string;
  readonly #on: boolean;
  readonly #last: (string | null)[] = [null, null];
  readonly #told = [false, false];

  constructor(name: string, on: boolean) {
    this.#name = name;
    this.#on = on;
  }

  *see(side: 0 | 1, text: string, out: PieceWriter): Sys<void> {
    const last = this.#last[side]!;
    this.#last[side] = text;
    if (!this.#on || this.#told[side] || last === null || compareText(last, text) <= 0) return;
    this.#told[side] = true;
    yield* out.flush();
    yield* complain(this.#name, `file ${side + 1} is not in sorted order`);
  }

  *finish(): Sys<number> {
    if (!this.#told[0] && !this.#told[1]) return 0;
    yield* complain(this.#name, 'input is not in sorted order');
    return 1;
  }
}

interface Row {
  readonly fields: readonly string[];
  readonly key: string;
}

interface JoinSettings {
  readonly keys: readonly [number, number];
  readonly separator: string | null;
  readonly ignoreCase: boolean;
  readonly empty: string;
  /** `-o`: file (0: the key) and field. */
  readonly format: readonly (readonly [number, number])[] | null;
  readonly unpaired: readonly [boolean, boolean];
  readonly paired: boolean;
}

function fieldNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Refusal(`invalid field number: ‘${text}’`);
  return Number(text) - 1;
}

function joinSettings(parsed: Parsed): JoinSettings {
  const sides = (key: string) =>
    parsed.values(key).map((text) => {
      if (text !== '1' && text !== '2') throw new Refusal(`invalid field number: ‘${text}’`);
      return Number(text);
    });
  const both = parsed.value('j');
  const also = sides('a');
  const only = sides('v');
  const words = parsed.values('o').flatMap((text) => text.split(/[\s,]+/));
  return {
    keys: [fieldNumber(parsed.value('1') ?? both ?? '1'), fieldNumber(parsed.value('2') ?? both ?? '1')],
    separator: parsed.value('t'),
    ignoreCase: parsed.has('ignore-case'),
    empty: parsed.value('e') ?? '',
    format:
      words.length === 0
        ? null
        : words.map((word): readonly [number, number] => {
            const match = /^([12])\.([1-9]\d*)$/.exec(word);
            if (word === '0') return [0, 0];
            if (match === null)
              throw new Refusal(
                `invalid ${/^[^12]\./.test(word) ? 'file number in field spec' : 'field specifier'}: ‘${word}’`,
              );
            return [Number(match[1]), Number(match[2]) - 1];
          }),
    unpaired: [also.includes(1) || only.includes(1), also.includes(2) || only.includes(2)],
    paired: only.length === 0,
  };
}

export const join: CommandSpec = {
  name: 'join',
  usage: '[OPTION]... FILE1 FILE2',
  summary: 'Join the lines of two sorted files that have a field in common.',
  options: [
    { short: 'a', argument: 'FILENUM', help: 'lines of that file without a partner too' },
    { short: 'e', argument: 'TEXT', help: 'in the place of fields that are missing' },
    { short: 'i', long: 'ignore-case', help: 'upper and lower case alike' },
    { short: 'j', argument: 'FIELD', help: 'join on this field of both' },
    { short: 'o', argument: 'LIST', help: 'the fields to print: 0, 1.2, 2.1 …' },
    { short: 't', argument: 'CHAR', help: 'what separates fields instead of blanks' },
    { short: 'v', argument: 'FILENUM', help: 'only lines of that file without a partner' },
    { short: '1', argument: 'FIELD', help: 'join on this field of FILE1' },
    { short: '2', argument: 'FIELD', help: 'join on this field of FILE2' },
    { long: 'header', help: 'the first lines are headings: joined, but not compared' },
    { long: 'nocheck-order', help: 'do not mind lines that are not sorted' },
  ],
  run: (parsed) => refusing('join', () => joinFiles(parsed)),
};

function* joinFiles(parsed: Parsed): Sys<number> {
  const settings = joinSettings(parsed);
  const inputs = yield* twoInputs('join', parsed.operands);
  if (inputs === null) return 1;
  return yield* new Joining(settings, inputs, parsed.operands, !parsed.has('nocheck-order')).run(
    parsed.has('header'),
  );
}

class Joining {
  readonly #settings: JoinSettings;
  readonly #inputs: readonly [TextLines, TextLines];
  readonly #names: readonly string[];
  readonly #checks: boolean;
  readonly #last: (Row | null)[] = [null, null];
  readonly #numbers = [0, 0];
  readonly #out = new PieceWriter();
  #unordered = false;

  constructor(
    settings: JoinSettings,
    inputs: readonly [TextLines, TextLines],
    names: readonly string[],
    checks: boolean,
  ) {
    this.#settings = settings;
    this.#inputs = inputs;
    this.#names = names;
    this.#checks = checks;
  }

  *run(header: boolean): Sys<number> {
    if (header) {
      const [left, right] = [yield* this.#row(0), yield* this.#row(1)];
      if (left !== null || right !== null) yield* this.#put(left, right);
      this.#last.fill(null);
    }
    let left = yield* this.#row(0);
    let right = yield* this.#row(1);
    while (left !== null || right !== null) {
      const sign: number = left === null ? 1 : right === null ? -1 : this.#compare(left, right);
      if (sign < 0) {
        if (this.#settings.unpaired[0]) yield* this.#put(left, null);
        left = yield* this.#row(0);
      } else if (sign > 0) {
        if (this.#settings.unpaired[1]) yield* this.#put(null, right);
        right = yield* this.#row(1);
      } else {
        const group: [Row[], Row[]] = [[left!], [right!]];
        const key = left!;
        left = yield* this.#collect(0, key, group[0]);
        right = yield* this.#collect(1, key, group[1]);
        if (!this.#settings.paired) continue;
        for (const a of group[0]) for (const b of group[1]) yield* this.#put(a, b);
      }
    }
    yield* this.#out.flush();
    if (this.#unordered) yield* complain('join', 'input is not in sorted order');
    return this.#unordered ? 1 : 0;
  }

  /** Rows with the key of `first`; the one after them. */
  *#collect(side: 0 | 1, first: Row, group: Row[]): Sys<Row | null> {
    for (;;) {
      const row = yield* this.#row(side);
      if (row === null || this.#compare(row, first) !== 0) return row;
      group.push(row);
    }
  }

  #compare(a: Row, b: Row): number {
    return this.#settings.ignoreCase
      ? compareText(a.key.toLowerCase(), b.key.toLowerCase())
      : compareText(a.key, b.key);
  }

  *#row(side: 0 | 1): Sys<Row | null> {
    const line = yield* this.#inputs[side].next();
    if (line === null) return null;
    this.#numbers[side]!++;
    const { separator, keys } = this.#settings;
    const fields =
      separator === null || separator === ''
        ? line.text.split(/[ \t]+/).filter((field, i) => field !== '' || i > 0)
        : line.text.split(separator === '\\0' ? '\0' : separator);
    const row = { fields, key: fields[keys[side]] ?? '' };
    const last = this.#last[side] ?? null;
    this.#last[side] = row;
    if (this.#checks && !this.#unordered && last !== null && this.#compare(last, row) > 0) {
      this.#unordered = true;
      yield* this.#out.flush();
      yield* complain('join', `${this.#names[side]}:${this.#numbers[side]}: is not sorted: ${line.text}`);
    }
    return row;
  }

  *#put(left: Row | null, right: Row | null): Sys<void> {
    const { separator, format, keys, empty } = this.#settings;
    const rows = [left, right];
    const key = (left ?? right)!.key;
    const others = (row: Row | null, side: 0 | 1) =>
      row === null ? [] : row.fields.filter((_, i) => i !== keys[side]);
    const fields =
      format === null
        ? [key, ...others(left, 0), ...others(right, 1)]
        : format.map(([file, field]) => (file === 0 ? key : rows[file - 1]?.fields[field]) || empty);
    yield* this.#out.write(`${fields.join(separator === null || separator === '' ? ' ' : separator)}\n`);
  }
}
