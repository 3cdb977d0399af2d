/** Which lines a command is for. */
import type { Sys } from '../../../linux/index.ts';
import type { Regex } from '../../regex/index.ts';
import type { Address, Command, RangeEnd } from './syntax.ts';

/** What addresses are compared with. */
export interface Place {
  readonly line: number;
  isLast(): Sys<boolean>;
  /** Whether the pattern space matches; null: the last expression used. */
  matches(pattern: Regex | null): Sys<boolean>;
}

/** Whether each command's range is open, and the line number at which it ends. */
export class Ranges {
  readonly #open = new Map<Command, number | null>();
  readonly #commands: readonly Command[];

  constructor(commands: readonly Command[]) {
    this.#commands = commands;
    this.restart();
  }

  /** At the beginning, and when line numbers begin anew: ranges from line 0 are open. */
  restart(): void {
    this.#open.clear();
    for (const command of this.#commands) if (command.zero) this.#open.set(command, null);
  }

  isOpen(command: Command): boolean {
    return this.#open.has(command);
  }

  /** Whether `command` is for this line, opening and closing its range. */
  *selects(command: Command, place: Place): Sys<boolean> {
    const { first, second, negated } = command;
    if (first === null) return !negated;
    const inside =
      second === null
        ? yield* this.#matches(first, place)
        : yield* this.#inRange(command, first, second, place);
    return inside !== negated;
  }

  *#inRange(command: Command, first: Address, second: RangeEnd, place: Place): Sys<boolean> {
    if (!this.#open.has(command)) {
      if (!(yield* this.#matches(first, place))) return false;
      const end = endLine(second, place.line);
      if (end === null || end > place.line) this.#open.set(command, end);
      return true;
    }
    const end = this.#open.get(command) ?? null;
    if (end !== null) {
      if (place.line >= end) this.#open.delete(command);
      // Commands in between may have read past the end: then the line is no part of the range.
      return place.line <= end || (yield* this.#inRange(command, first, second, place));
    }
    if (second.kind !== 'plus' && second.kind !== 'multiple' && (yield* this.#matches(second, place)))
      this.#open.delete(command);
    return true;
  }

  *#matches(address: Address, place: Place): Sys<boolean> {
    switch (address.kind) {
      case 'line':
        return place.line === address.line;
      case 'last':
        return yield* place.isLast();
      case 'match':
        return yield* place.matches(address.pattern);
      case 'step':
        return address.step <= 0
          ? place.line === address.first
          : place.line >= address.first && (place.line - address.first) % address.step === 0;
    }
  }
}

/** The number of the range's last line, when that is known at its first. */
function endLine(second: RangeEnd, line: number): number | null {
  if (second.kind === 'line') return second.line;
  if (second.kind === 'plus') return line + second.lines;
  if (second.kind === 'multiple') return second.of <= 0 ? line : Math.ceil(line / second.of) * second.of;
  return null;
}
