/**
 * Bodies of requests as Go's encoding/json reads them into a struct: null is as good as nothing, what the struct has not is passed over,
 * and what has another type than it has is refused.
 */
import { EngineError } from './model.ts';

/** What a field may be. */
export interface Kind {
  /** As Go writes its type. */
  readonly go: string;
  /** In place of null, within a list or a map. */
  readonly zero: unknown;
  /** The value without what is null in it. Throws EngineError 400; `at` is `Struct.Field`. */
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

export function struct(go: string, shape: Readonly<Record<string, Kind>>): Kind {
  return {
    go,
    zero: {},
    read(value, at) {
      const entries = Object.entries(fieldsOf(value, go, at)).filter(([, one]) => one !== null);
      return Object.fromEntries(
        entries.map(([name, one]) => [
          name,
          Object.hasOwn(shape, name) ? shape[name]!.read(one, `${go}.${name}`) : one,
        ]),
      );
    },
  };
}

function fieldsOf(value: unknown, go: string, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw wrong(value, go, at);
  return value as Fields;
}

function wrong(value: unknown, go: string, at: string): EngineError {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const where = at === '' ? `value of type ${go}` : `struct field ${at} of type ${go}`;
  return new EngineError(400, `invalid JSON: json: cannot unmarshal ${found} into Go ${where}`);
}
