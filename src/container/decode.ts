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

/** What a field may be. */
export interface Kind {
  /** As Go writes its type, with the package. */
  readonly go: string;
  /** In place of null, within a list or a map. */
  readonly zero: unknown;
  /** The value without what is null in it. Throws JsonMismatch; `at` is the struct and the way from the outermost: `User.process.user.uid`. */
  read(value: unknown, at: string): unknown;
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

export const string = scalar('string', '', (value) => typeof value === 'string');
export const bool = scalar('bool', false, (value) => typeof value === 'boolean');
export const int = scalar('int64', 0, Number.isSafeInteger);
export const uint32 = unsigned('uint32', 32);
export const uint64 = unsigned('uint64', 64);

function unsigned(go: string, bits: number): Kind {
  return scalar(
    go,
    0,
    (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 2 ** bits,
  );
}

export function listOf(item: Kind): Kind {
  const go = `[]${item.go}`;
  return {
    go,
    zero: [],
    read(value, at) {
      if (!Array.isArray(value)) throw wrong(value, go, at);
      return value.map((one: unknown) => (one === null ? item.zero : item.read(one, at)));
    },
  };
}

export function mapOf(item: Kind): Kind {
  const go = `map[string]${item.go}`;
  return {
    go,
    zero: {},
    read(value, at) {
      const entries = Object.entries(fieldsOf(value, go, at));
      return Object.fromEntries(
        entries.map(([key, one]) => [key, one === null ? item.zero : item.read(one, at)]),
      );
    },
  };
}

export const strings = listOf(string);

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
  return {
    go,
    zero,
    read(value, at) {
      const entries = Object.entries(fieldsOf(value, go, at)).filter(([, one]) => one !== null);
      const read = entries.map(([name, one]) => [
        name,
        Object.hasOwn(shape, name) ? shape[name]!.read(one, `${structName(go)}${wayOf(at)}.${name}`) : one,
      ]);
      return { ...zero, ...Object.fromEntries(read) };
    },
  };
}

function fieldsOf(value: unknown, go: string, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw wrong(value, go, at);
  return value as Fields;
}

/** `specs.User` → `User`. */
const structName = (go: string) => go.slice(go.lastIndexOf('.') + 1);

/** `Process.process.user` → `.process.user`. */
const wayOf = (at: string) => (at.includes('.') ? at.slice(at.indexOf('.')) : '');

function wrong(value: unknown, go: string, at: string): JsonMismatch {
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
