/** The operands of awk as one stream of records: files, assignments between them, or standard input when no file is named. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, sys } from '../../../linux/index.ts';
import { toShell } from './bytes.ts';
import type { RecordReader } from './input.ts';
import type { Machine } from './machine.ts';
import { AwkError } from './problems.ts';
import { toNumber } from './values.ts';

export class MainInput {
  readonly #machine: Machine;
  #next = 1;
  #reader: RecordReader | null = null;
  #opened = false;
  #ended = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The next record, counted; null at the end of all. Throws AwkError for a file that cannot be read. */
  *next(): Sys<string | null> {
    for (;;) {
      if (this.#reader === null && !(yield* this.#open())) return null;
      const record = yield* this.#reader!.next(this.#machine.textOf('RS'));
      if (record !== null) {
        this.#machine.countRecord();
        return record;
      }
      yield* this.skipFile();
    }
  }

  /** Reads no further in this file. */
  *skipFile(): Sys<void> {
    const reader = this.#reader;
    this.#reader = null;
    if (reader !== null && reader.fd !== 0) yield* sys.close(reader.fd);
  }

  *#open(): Sys<boolean> {
    const machine = this.#machine;
    const operands = machine.array('ARGV');
    while (!this.#ended && this.#next < toNumber(machine.variable('ARGC').value)) {
      const key = this.#next++;
      const operand = operands.has(key) ? machine.text(operands.get(key)) : '';
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(operand);
      if (assignment !== null) machine.assign(assignment[1]!, assignment[2]!);
      else if (operand !== '') {
        yield* this.#use(operand);
        return true;
      }
    }
    if (this.#ended || this.#opened) return false;
    this.#ended = true;
    yield* this.#use('-');
    return true;
  }

  *#use(name: string): Sys<void> {
    const machine = this.#machine;
    this.#opened = true;
    try {
      this.#reader = name === '-' ? machine.streams.standardInput : yield* machine.streams.open(name);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new AwkError(`cannot open ${toShell(name)} (${strerror(error.code)})`);
    }
    machine.variable('FILENAME').value = name;
    machine.variable('FNR').value = 0;
  }
}
