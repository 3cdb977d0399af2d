/** Bytes and line table of a program that has been laid out; here every remaining problem is reported. */
import type { Diagnostics } from './diagnostics.ts';
import { Evaluator } from './evaluate.ts';
import type { Expression } from './expression.ts';
import { type Layout, orgOffset } from './layout.ts';
import type { Draft, Item, Section } from './program.ts';

/** Which line of the source the bytes at an address come from. */
export interface LineEntry {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
  readonly line: number;
  readonly kind: 'instruction' | 'data';
}

const NOP = 0x0000_0013;
const COMPRESSED_NOP = 0x0001;

function put(bytes: Uint8Array, at: number, value: bigint, width: number): void {
  let rest = BigInt.asUintN(8 * width, value);
  for (let i = 0; i < width; i++) {
    bytes[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Emits one section after another. */
export class Emitter {
  readonly lines: LineEntry[] = [];
  readonly #layout: Layout;
  readonly #evaluator: Evaluator;
  readonly #odd = new Set<Section>();

  constructor(draft: Draft, layout: Layout, diagnostics: Diagnostics) {
    this.#layout = layout;
    this.#evaluator = new Evaluator(draft, diagnostics);
  }

  /** The bytes of a section; of one without bits, only its problems are looked for. */
  section(section: Section): Uint8Array {
    const bytes = new Uint8Array(section.size);
    section.items.forEach((item, index) => {
      const offset = section.offsets[index]!;
      const length = section.offsets[index + 1]! - offset;
      this.#item(item, section, bytes.subarray(offset, offset + length), offset);
      if (length === 0 || item.kind === 'align') return;
      const kind = item.kind === 'instruction' ? 'instruction' : 'data';
      this.lines.push({ address: section.address + offset, length, line: item.place.line, kind });
    });
    return bytes;
  }

  #item(item: Item, section: Section, bytes: Uint8Array, offset: number): void {
    const evaluator = this.#evaluator;
    const address = section.address + offset;
    switch (item.kind) {
      case 'bytes':
        bytes.set(item.bytes);
        return;
      case 'data': {
        const value = evaluator.value(item.value, address);
        if (value === null) return;
        const bits = BigInt(8 * item.width);
        if (value.number < -(1n << (bits - 1n)) || value.number >= 1n << bits)
          evaluator.report(
            item.place,
            `${value.number} does not fit in ${item.width === 1 ? '1 byte' : `${item.width} bytes`}`,
          );
        put(bytes, 0, value.number, item.width);
        return;
      }
      case 'instruction': {
        // One cause makes all that follow odd: it is told once.
        if (address % 2 !== 0 && !this.#odd.has(section)) {
          this.#odd.add(section);
          evaluator.report(
            item.place,
            `this instruction would stand at the odd address 0x${address.toString(16)}`,
            'put `.balign 4` before it',
          );
        }
        let at = 0;
        for (const { encoding, length } of this.#layout.codes(item, address, evaluator)) {
          put(bytes, at, BigInt(encoding), length);
          at += length;
        }
        return;
      }
      case 'align':
        if (item.fill === null && section.executable) fillWithNops(bytes);
        else this.#fill(bytes, item.fill, 1, address);
        return;
      case 'space': {
        const count = evaluator
          .at(address)
          .absolute(item.count, 'a count is the difference of two labels, or a number');
        if (count !== null && count < 0)
          evaluator.report(item.count.place, `${count} bytes cannot be reserved`);
        this.#zeroOnly(section, item.fill);
        this.#fill(bytes, item.fill, item.width, address);
        return;
      }
      case 'org': {
        const target = orgOffset(item, section, evaluator);
        if (target < offset)
          evaluator.report(
            item.target.place,
            `\`.org\` cannot go back: this is offset ${offset} of the section, ${target} was asked`,
          );
        this.#zeroOnly(section, item.fill);
        this.#fill(bytes, item.fill, 1, address);
      }
    }
  }

  #zeroOnly(section: Section, fill: Expression | null): void {
    if (section.nobits && fill !== null && (this.#evaluator.value(fill, 0)?.number ?? 0n) !== 0n)
      this.#evaluator.report(fill.place, `\`${section.name}\` holds only zeros`);
  }

  #fill(bytes: Uint8Array, fill: Expression | null, width: number, address: number): void {
    if (fill === null) return;
    const value = this.#evaluator.value(fill, address);
    if (value === null || value.number === 0n) return;
    const unit = new Uint8Array(width);
    put(unit, 0, value.number, width);
    for (let at = 0; at < bytes.length; at++) bytes[at] = unit[at % width]!;
  }
}

/** Padding in code can be run through: an odd byte is 0, two are c.nop, the rest nops. */
function fillWithNops(bytes: Uint8Array): void {
  let at = bytes.length % 2;
  if ((bytes.length - at) % 4 !== 0) {
    put(bytes, at, BigInt(COMPRESSED_NOP), 2);
    at += 2;
  }
  for (; at + 4 <= bytes.length; at += 4) put(bytes, at, BigInt(NOP), 4);
}
