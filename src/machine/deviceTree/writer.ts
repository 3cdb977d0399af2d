/** Writes a flattened device tree (Devicetree Specification 0.4, chapter 5), version 17. All numbers in it are big-endian. */
import { assert, concatBytes, encodeUtf8 } from '../../base/index.ts';

/** true: a property without a value. A number is one cell of 32 bits; a list of numbers, cells; a list of texts, a string list. */
export type PropertyValue = true | number | string | readonly number[] | readonly string[];

export interface DeviceTreeNode {
  readonly properties: Readonly<Record<string, PropertyValue>>;
  /** By name with unit address, for example `memory@80000000`. */
  readonly children: Readonly<Record<string, DeviceTreeNode>>;
}

const MAGIC = 0xd00dfeed;
const VERSION = 17;
const LAST_COMPATIBLE_VERSION = 16;
const HEADER_SIZE = 40;
/** The memory reservation block's end: an entry of zeros. */
const RESERVATIONS_SIZE = 16;
/** Tokens of the structure block (5.4.1). */
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const END = 9;

/** The blob for the tree under `root`; nothing is reserved, and hart `bootHart` boots. */
export function flattenDeviceTree(root: DeviceTreeNode, bootHart = 0): Uint8Array {
  const strings = new StringsBlock();
  const parts: Uint8Array[] = [];
  writeNode('', root, parts, strings);
  parts.push(cells(END));
  const structure = concatBytes(parts);
  const text = strings.bytes();
  const structureAt = HEADER_SIZE + RESERVATIONS_SIZE;
  const textAt = structureAt + structure.length;
  const header = cells(
    MAGIC,
    textAt + text.length,
    structureAt,
    textAt,
    HEADER_SIZE,
    VERSION,
    LAST_COMPATIBLE_VERSION,
    bootHart,
    text.length,
    structure.length,
  );
  return concatBytes([header, new Uint8Array(RESERVATIONS_SIZE), structure, text]);
}

/** 5.4.2: properties come before child nodes. */
function writeNode(name: string, node: DeviceTreeNode, parts: Uint8Array[], strings: StringsBlock): void {
  parts.push(cells(BEGIN_NODE), padded(terminated(name)));
  for (const [property, value] of Object.entries(node.properties)) {
    const bytes = valueBytes(value);
    parts.push(cells(PROPERTY, bytes.length, strings.offset(property)), padded(bytes));
  }
  for (const [child, each] of Object.entries(node.children)) writeNode(child, each, parts, strings);
  parts.push(cells(END_NODE));
}

function valueBytes(value: PropertyValue): Uint8Array {
  if (value === true) return new Uint8Array(0);
  if (typeof value === 'number') return cells(value);
  if (typeof value === 'string') return terminated(value);
  return concatBytes(value.map((each) => (typeof each === 'number' ? cells(each) : terminated(each))));
}

/** Property names, each once (5.5). */
class StringsBlock {
  readonly #offsets = new Map<string, number>();
  #size = 0;

  offset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#size;
    this.#offsets.set(name, offset);
    this.#size += terminated(name).length;
    return offset;
  }

  bytes(): Uint8Array {
    return concatBytes([...this.#offsets.keys()].map(terminated));
  }
}

function cells(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `${value} is no cell of 32 bits`);
    view.setUint32(4 * i, value);
  }
  return bytes;
}

function terminated(text: string): Uint8Array {
  return encodeUtf8(`${text}\0`);
}

/** Tokens lie on 4-byte borders. */
function padded(bytes: Uint8Array): Uint8Array {
  return concatBytes([bytes, new Uint8Array(-bytes.length & 3)]);
}
