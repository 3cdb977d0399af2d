/** Functions of templates: those of text/template (funcs.go), and the docker client's own (docker/cli, templates/templates.go). */
import { encodeUtf8 } from '../../../../base/index.ts';
import { CallFault, formatted, goType, LONGEST, NIL, show, sortedEntries, WIDEST, ZERO } from './show.ts';

/** What a parameter may be. */
type Kind = 'any' | 'string' | 'int' | 'strings';

interface TemplateFunction {
  readonly parameters: readonly Kind[];
  /** The last parameter may be given any number of times, at least so often. */
  readonly more?: number;
  readonly call: (...args: never[]) => unknown;
}

/** Of a list's or a map's items. */
const countOf = (value: object) => (Array.isArray(value) ? value.length : Object.keys(value).length);

export function isTrue(value: unknown): boolean {
  if (value === NIL || value === ZERO || !value) return false;
  return typeof value !== 'object' || countOf(value) > 0;
}

function kindOf(value: unknown): string {
  if (value === ZERO) return 'string';
  if (value === NIL || value === undefined) return 'nil';
  return value === null ? 'object' : typeof value;
}

/** eq of two; values of different kinds cannot be compared. */
function isSame(one: unknown, other: unknown): boolean {
  const kinds = [kindOf(one), kindOf(other)];
  for (const [i, value] of [one, other].entries())
    if (kinds[i] === 'object') throw new CallFault(`non-comparable type ${show(value)}: ${goType(value)}`);
  if (kinds.includes('nil')) return kinds[0] === kinds[1];
  if (kinds[0] !== kinds[1]) throw new CallFault('incompatible types for comparison');
  return kinds[0] === 'string' ? show(one) === show(other) : one === other;
}

function isLess(one: unknown, other: unknown): boolean {
  const kinds = [kindOf(one), kindOf(other)];
  if (!['number', 'string'].includes(kinds[0]!)) throw new CallFault('invalid type for comparison');
  if (kinds[0] !== kinds[1]) throw new CallFault('incompatible types for comparison');
  return kinds[0] === 'string' ? show(one) < show(other) : (one as number) < (other as number);
}

/** What a map gives for a key that it lacks is told by what it has. */
function absent(map: object): unknown {
  const [sample = ''] = Object.values(map);
  if (typeof sample === 'string') return ZERO;
  return sample === null || Array.isArray(sample) ? undefined : NIL;
}

function indexed(item: unknown, key: unknown): unknown {
  if (item === null || item === undefined || item === NIL || item === ZERO)
    throw new CallFault('index of untyped nil');
  if (Array.isArray(item) || typeof item === 'string') {
    if (typeof key !== 'number') throw new CallFault(`cannot index slice/array with type ${goType(key)}`);
    if (key < 0 || key >= item.length) throw new CallFault(`index out of range: ${key}`);
    return typeof item === 'string' ? encodeUtf8(item)[key] : item[key];
  }
  if (typeof item !== 'object') throw new CallFault(`can't index item of type ${goType(item)}`);
  if (typeof key !== 'string') throw new CallFault(`value has type ${goType(key)}; should be string`);
  return Object.hasOwn(item, key) ? (item as Record<string, unknown>)[key] : absent(item);
}

function sliced(item: unknown, ...bounds: unknown[]): unknown {
  if (typeof item !== 'string' && !Array.isArray(item))
    throw new CallFault(item === null ? 'slice of untyped nil' : `can't slice item of type ${goType(item)}`);
  for (const bound of bounds) {
    if (typeof bound !== 'number') throw new CallFault(`cannot index slice/array with type ${goType(bound)}`);
    if (bound < 0 || bound > item.length) throw new CallFault(`index out of range: ${bound}`);
  }
  const [from = 0, to = item.length] = bounds as number[];
  if (from > to) throw new CallFault(`invalid slice index: ${from} > ${to}`);
  return item.slice(from, to);
}

function lengthOf(item: unknown): number {
  if (item === null) return 0;
  if (item === undefined || item === NIL) throw new CallFault('len of nil pointer');
  if (typeof item === 'string' || item === ZERO) return encodeUtf8(show(item)).length;
  if (typeof item !== 'object') throw new CallFault(`len of type ${goType(item)}`);
  return countOf(item);
}

/** fmt.Sprint: a blank between two of which neither is a text. */
function sprint(...args: unknown[]): string {
  const isText = (value: unknown) => typeof value === 'string' || value === ZERO;
  return args
    .map((arg, i) => (i > 0 && !isText(arg) && !isText(args[i - 1]) ? ' ' : '') + show(arg))
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;' },
};

const SCRIPT: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', "'": "\\'", '"': '\\"', '<': '\\u003C', '>': '\\u003E', '&': '\\u0026', '=': '\\u003D' },
};

/** url.QueryEscape. */
const queryEscaped = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');

/** Fields that hold maps, whose keys are written in their order; those of structs are written in that of their declaration. */
const maps =
  /^(Labels|Attributes|Options|Annotations|Sysctls|Tmpfs|DriverOpts|Networks|Ports|PortBindings|ExposedPorts|Volumes)$/;

const json = (value: unknown): string =>
  JSON.stringify(value === ZERO ? '' : value, (name, held: unknown) => {
    const isMap = typeof held === 'object' && held !== null && !Array.isArray(held);
    return isMap && (maps.test(name) || (name === '' && isOpen(held)))
      ? Object.fromEntries(sortedEntries(held))
      : held;
  });

/** A map by itself: of a struct every field's name begins with a capital letter. */
const isOpen = (value: object) => Object.keys(value).some((key) => !/^[A-Z]\w*$/.test(key));

const one = (kind: Kind, call: TemplateFunction['call']): TemplateFunction => ({ parameters: [kind], call });
const two = (call: (one: unknown, other: unknown) => unknown): TemplateFunction => ({
  ...{ parameters: ['any', 'any'], call },
});
const many = (call: (...args: unknown[]) => unknown, more = 0): TemplateFunction => ({
  ...{ parameters: ['any'], more, call },
});

/** Of the arguments of `and` and `or` some may not be asked for (execute.ts): what decides is then the last that is given. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', many((...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1), 1)],
  ['or', many((...args) => args.find(isTrue) ?? args.at(-1), 1)],
  ['not', one('any', (value: unknown) => !isTrue(value))],
  ['len', one('any', lengthOf)],
  ['index', many((item, ...keys) => keys.reduce(indexed, item), 1)],
  ['slice', many(sliced, 1)],
  ['print', many(sprint)],
  ['println', many((...args) => `${args.map((arg) => show(arg)).join(' ')}\n`)],
  [
    'printf',
    {
      ...{ parameters: ['string', 'any'], more: 0 },
      call: (format: string, ...args: unknown[]) => formatted(format, args),
    },
  ],
  ['html', many((...args) => sprint(...args).replace(/[<>&'"]/g, (sign) => ENTITIES[sign]!))],
  ['js', many((...args) => sprint(...args).replace(/[\\'"<>&=]/g, (sign) => SCRIPT[sign]!))],
  ['urlquery', many((...args) => queryEscaped(sprint(...args)))],
  [
    'eq',
    many((first, ...rest) => {
      if (rest.length === 0) throw new CallFault('missing argument for comparison');
      return rest.some((other) => isSame(first, other));
    }, 1),
  ],
  ['ne', two((a, b) => !isSame(a, b))],
  ['lt', two(isLess)],
  ['le', two((a, b) => isLess(a, b) || isSame(a, b))],
  ['gt', two((a, b) => !isLess(a, b) && !isSame(a, b))],
  ['ge', two((a, b) => !isLess(a, b))],
  ['json', one('any', (value: unknown) => (value === NIL || value === undefined ? 'null' : json(value)))],
  ['lower', one('string', (text: string) => text.toLowerCase())],
  ['upper', one('string', (text: string) => text.toUpperCase())],
  [
    'title',
    one('string', (text: string) =>
      text.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()),
    ),
  ],
  ['split', { parameters: ['string', 'string'], call: (text: string, by: string) => text.split(by) }],
  [
    'join',
    {
      parameters: ['strings', 'string'],
      call(texts: string[] | null, by: string) {
        if ((texts ?? []).length * by.length > LONGEST) throw new CallFault('so much text is not simulated');
        return (texts ?? []).join(by);
      },
    },
  ],
  [
    'truncate',
    {
      parameters: ['string', 'int'],
      call(text: string, most: number) {
        if (most < 0) throw new CallFault(`runtime error: slice bounds out of range [:${most}]`);
        return text.slice(0, most);
      },
    },
  ],
  [
    'pad',
    {
      parameters: ['string', 'int', 'int'],
      call(text: string, before: number, after: number) {
        for (const count of [before, after])
          if (count < 0 || count > WIDEST) throw new CallFault('strings: negative Repeat count');
        return text === '' ? '' : ' '.repeat(before) + text + ' '.repeat(after);
      },
    },
  ],
]);

/** Why so many arguments are not taken; null when they are. */
export function countFault(name: string, count: number): string | null {
  const { parameters, more } = FUNCTIONS.get(name)!;
  const least = more === undefined ? parameters.length : parameters.length - 1 + more;
  if (more === undefined ? count === least : count >= least) return null;
  const wanted = more === undefined ? `${least}` : `at least ${least}`;
  return `wrong number of args for ${name}: want ${wanted} got ${count}`;
}

/** Throws CallFault. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  const { parameters, call } = FUNCTIONS.get(name)!;
  const given = args.map((arg, i) => (arg === ZERO && parameters[i] === 'string' ? '' : arg));
  return call(...(given as never[]));
}

const GO_KINDS = { string: 'string', int: 'int', strings: '[]string' } as const;

/** Why an argument is not taken in that place; null when it is. */
export function argumentFault(
  name: string,
  place: number,
  value: unknown,
  literal: string | null,
): string | null {
  const { parameters } = FUNCTIONS.get(name)!;
  return kindFault(parameters[Math.min(place, parameters.length - 1)]!, value, literal);
}

/** As {@link argumentFault}, of a method that takes a text. */
export const textFault = (value: unknown, literal: string | null) => kindFault('string', value, literal);

function kindFault(kind: Kind, value: unknown, literal: string | null): string | null {
  const fits =
    kind === 'any' ||
    (kind === 'string' && (typeof value === 'string' || value === ZERO)) ||
    (kind === 'int' && typeof value === 'number' && Number.isInteger(value)) ||
    (kind === 'strings' && (value === null || Array.isArray(value)));
  if (fits) return null;
  if (literal !== null && kind !== 'strings')
    return `expected ${kind === 'int' ? 'integer' : kind}; found ${literal}`;
  const wanted = GO_KINDS[kind as keyof typeof GO_KINDS];
  if (value === undefined || value === NIL) return `invalid value; expected ${wanted}`;
  return `wrong type for value; expected ${wanted}; got ${goType(value)}`;
}
