/**
 * Bodies of requests as Go's encoding/json reads them into a struct: null is as good as nothing, what the struct has not is passed over,
 * and what has another type than it has is refused.
 */
import { EngineError } from './model.ts';

/** A value of another type than it can have. */
export class JsonMismatch extends EngineError {
  /** Without what the engine says before it. */
  readonly mismatch: string;
  constructor(mismatch: string) {
    super(400, `invalid JSON: ${mismatch}`);
    this.mismatch = mismatch;
  }
}

/** The way from the outermost struct to a field, and the structs that it leads through; a text for who is told of it alone. */
class Way {
  readonly #structs: string[] = [];
  readonly #fields: string[] = [];

  enter(struct: string, field: string): void {
    this.#structs.push(struct);
    this.#fields.push(field);
  }

  leave(): void {
    this.#structs.pop();
    this.#fields.pop();
  }

  /** `User.process.user.uid`; empty at the outermost. */
  toString(): string {
    const inner = this.#structs.at(-1);
    return inner === undefined ? '' : `${inner}.${this.#fields.join('.')}`;
  }
}

/** What a field may be. */
export interface Kind {
  /** As Go writes its type, with the package. */
  readonly go: string;
  /** In place of null, within a list or a map. */
  readonly zero: unknown;
  /** The value without what is null in it: itself when there is nothing to leave out. Without a way a JsonMismatch does not say where. */
  read(value: unknown, at: Way | null): unknown;
}

type Fields = Readonly<Record<string, unknown>>;

function scalar(go: string, zero: unknown, fits: (value: unknown) => boolean): Kind {
  return {
    go,
    zero,
    read(value, at) {
      if (!fits(value)) throw wrong(value, go, at);
      return value;
    },
  };
}

const isString = (value: unknown) => typeof value === 'string';

export const string = scalar('string', '', isString);
export const bool = scalar('bool', false, (value) => typeof value === 'boolean');
export const int = scalar('int64', 0, Number.isSafeInteger);
export const uint32 = unsigned('uint32', 32);
export const uint64 = unsigned('uint64', 64);

function unsigned(go: string, bits: number): Kind {
  return scalar(
    go,
    0,
    // The largest of 64 bits is rounded up to 2^64 before it comes here.
    (value) =>
      Number.isInteger(value) &&
      Number(value) >= 0 &&
      (bits > 53 ? Number(value) <= 2 ** bits : Number(value) < 2 ** bits),
  );
}

export function listOf(item: Kind): Kind {
  const go = `[]${item.go}`;
  return {
    go,
    zero: [],
    read(value, at) {
      if (!Array.isArray(value)) throw wrong(value, go, at);
      const given = value as readonly unknown[];
      let out: unknown[] | null = null;
      for (let i = 0; i < given.length; i++) {
        const one = given[i];
        const read = one === null ? item.zero : item.read(one, at);
        if (read !== one) out ??= given.slice();
        if (out !== null) out[i] = read;
      }
      return out ?? given;
    },
  };
}

export function mapOf(item: Kind): Kind {
  const go = `map[string]${item.go}`;
  return {
    go,
    zero: {},
    read(value, at) {
      const given = fieldsOf(value, go, at);
      const keys = Object.keys(given);
      const read = keys.map((key) => (given[key] === null ? item.zero : item.read(given[key], at)));
      if (read.every((one, i) => one === given[keys[i]!])) return given;
      const out: Record<string, unknown> = {};
      for (let i = 0; i < keys.length; i++) put(out, keys[i]!, read[i]);
      return out;
    },
  };
}

const anyStrings = listOf(string);

/** Most of what there is: looked through without a call for each. */
export const strings: Kind = {
  ...anyStrings,
  read(value, at) {
    if (Array.isArray(value) && value.every(isString)) return value;
    return anyStrings.read(value, at);
  },
};

/** A word alone is a list of one word. */
export const words: Kind = {
  ...strings,
  read: (value, at) => (typeof value === 'string' ? [value] : strings.read(value, at)),
};

/** `always` are the fields that are there with Go's zero when the text has them not. */
export function struct(
  go: string,
  shape: Readonly<Record<string, Kind>>,
  always: readonly string[] = [],
): Kind {
  const zero = Object.fromEntries(always.map((name) => [name, shape[name]!.zero]));
  const kinds = new Map(Object.entries(shape));
  // `specs.User` → `User`.
  const own = go.slice(go.lastIndexOf('.') + 1);
  return {
    go,
    zero,
    read(value, at) {
      const given = fieldsOf(value, go, at);
      // A copy from the first thing on that is not to stay as it is.
      let out = always.every((name) => given[name] !== undefined) ? null : { ...zero };
      for (const name in given) {
        const one = given[name];
        const kind = kinds.get(name);
        let read = one;
        if (one !== null && kind !== undefined) {
          at?.enter(own, name);
          read = kind.read(one, at);
          at?.leave();
        }
        if (out === null) {
          if (one !== null && read === one) continue;
          out = { ...zero };
          for (const before in given) {
            if (before === name) break;
            put(out, before, given[before]);
          }
        }
        if (one !== null) put(out, name, read);
      }
      return out ?? given;
    },
  };
}

/** A field of the object itself, whatever its name means to JavaScript. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A whole body or file as `kind` has it, which may be `value` itself. Throws JsonMismatch. */
export function decode(kind: Kind, value: unknown): unknown {
  try {
    return kind.read(value, null);
  } catch (error) {
    if (!(error instanceof JsonMismatch)) throw error;
    // Most values are as they should be: the way is gone only for who has to be told of it.
    return kind.read(value, new Way());
  }
}

function fieldsOf(value: unknown, go: string, at: Way | null): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw wrong(value, go, at);
  return value as Fields;
}

function wrong(value: unknown, go: string, way: Way | null): JsonMismatch {
  const at = way === null ? '' : way.toString();
  const where = at === '' ? `value of type ${go}` : `struct field ${at} of type ${go}`;
  return new JsonMismatch(`json: cannot unmarshal ${nameOf(value, go)} into Go ${where}`);
}

/** Which number it is counts only where a number can be. */
function nameOf(value: unknown, go: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && /^u?int/.test(go)) return `number ${value}`;
  return typeof value;
}
