/** `$0` and its fields. Fields are cut when one is asked for, `$0` is put together when it is asked for. */
import { AwkError, RunTimeError } from './problems.ts';
import { splitFields } from './separators.ts';
import { InputText, toNumber, toText, type Value } from './values.ts';

/** More fields would fill any memory. */
const MOST_FIELDS = 1 << 22;

/** What the record has to know of the program's variables. */
export interface Separators {
  readonly fs: string;
  readonly ofs: string;
  readonly convfmt: string;
}

export class AwkRecord {
  readonly #separators: Separators;
  #text: Value = null;
  /** FS of the moment when the record came. */
  #fs = ' ';
  #fields: Value[] | null = [];
  /** OFS of the moment when a field was last set; null: `$0` is as it was read. */
  #joint: string | null = null;

  constructor(separators: Separators) {
    this.#separators = separators;
  }

  get count(): number {
    return this.#cut().length;
  }

  set count(count: number) {
    if (count < 0) throw new RunTimeError('negative value assigned to NF');
    if (count > MOST_FIELDS) throw new AwkError('out of memory');
    const fields = this.#cut();
    const before = fields.length;
    fields.length = Math.trunc(count);
    if (count > before) fields.fill('', before);
    this.#joint = this.#separators.ofs;
  }

  /** A record that was read. */
  read(text: string): void {
    this.#replace(new InputText(text));
  }

  get(index: number): Value {
    const at = this.#place(index);
    if (at > 0) return this.#cut()[at - 1] ?? '';
    if (this.#joint !== null) {
      const { convfmt } = this.#separators;
      this.#text = new InputText(this.#fields!.map((field) => toText(field, convfmt)).join(this.#joint));
      this.#joint = null;
    }
    return this.#text;
  }

  set(index: number, value: Value): void {
    const at = this.#place(index);
    if (at === 0) {
      this.#replace(value);
      return;
    }
    const fields = this.#cut();
    if (at > fields.length) this.count = at;
    fields[at - 1] = value;
    this.#joint = this.#separators.ofs;
  }

  #replace(value: Value): void {
    this.#text = value;
    this.#fs = this.#separators.fs;
    this.#fields = null;
    this.#joint = null;
  }

  #place(index: number): number {
    const at = Math.trunc(index);
    if (at < 0) throw new RunTimeError(`negative field index $${at}`);
    if (at > MOST_FIELDS) throw new AwkError('out of memory');
    return at;
  }

  #cut(): Value[] {
    if (this.#fields === null) {
      const { convfmt } = this.#separators;
      this.#fields = splitFields(toText(this.#text, convfmt), this.#fs).map((field) => new InputText(field));
    }
    return this.#fields;
  }
}

/** NF as a variable. */
export class FieldCount {
  readonly #record: AwkRecord;

  constructor(record: AwkRecord) {
    this.#record = record;
  }

  get value(): Value {
    return this.#record.count;
  }

  set value(value: Value) {
    this.#record.count = toNumber(value);
  }
}
