/** `RUN --mount=type=…`: what a step sees besides its files (Dockerfile reference, "RUN --mount"). */
import { goQuote } from '../../base/index.ts';
import { DockerfileError, suggestion } from './errors.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;
const keys = [
  ...['type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'size', 'mode', 'uid'],
  ...['gid', 'src', 'dst', 'destination', 'ro', 'rw', 'readwrite', 'env'],
];

export interface RunMount {
  readonly type: (typeof types)[number];
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Of a tmpfs, bytes as written; empty: no limit. */
  readonly size: string;
  readonly id: string;
  readonly sharing: (typeof sharings)[number] | '';
  readonly required: boolean;
  /** The variable that a secret is given in; null: a file. */
  readonly env: string | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

type Draft = { -readonly [K in keyof RunMount]: RunMount[K] };

/** Fields apart by commas; what stands in double quotes keeps its commas. */
function fieldsOf(text: string): string[] {
  const fields = [''];
  let inside = false;
  for (const char of text) {
    if (char === '"') inside = !inside;
    else if (char === ',' && !inside) fields.push('');
    else fields[fields.length - 1] += char;
  }
  return fields;
}

function truth(key: string, value: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw new DockerfileError(`invalid value for ${key}: ${value}`);
}

function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value.toLowerCase());
  if (found !== undefined) return found;
  throw new DockerfileError(`unsupported ${what} ${goQuote(value)}${suggestion(value, allowed)}`);
}

function whole(key: string, value: string, base: 8 | 10): number {
  if ((base === 8 ? /^[0-7]{1,11}$/ : /^\d{1,10}$/).test(value)) return Number.parseInt(value, base);
  throw new DockerfileError(`invalid value ${value} for ${key}`);
}

const unexpected = (key: string, type: string) =>
  new DockerfileError(`unexpected key '${key}' for mount type '${type}'`);

class Mount {
  readonly draft: Draft = {
    ...{ type: 'bind', from: '', source: '', target: '', readOnly: true, size: '', id: '', sharing: '' },
    ...{ required: false, env: null, mode: null, uid: null, gid: null },
  };
  /** Nothing said whether it can be written. */
  #auto = true;

  #readOnly(value: boolean): void {
    this.draft.readOnly = value;
    this.#auto = false;
  }

  #required(key: string, value: boolean): void {
    const { type } = this.draft;
    if (type !== 'secret' && type !== 'ssh') throw unexpected(key, type);
    this.draft.required = value;
  }

  word(key: string, field: string): void {
    if (key === 'readonly' || key === 'ro') this.#readOnly(true);
    else if (key === 'readwrite' || key === 'rw') this.#readOnly(false);
    else if (key === 'required') this.#required(key, true);
    else throw new DockerfileError(`invalid field '${field}' must be a key=value pair`);
  }

  set(key: string, value: string, field: string): void {
    const { draft } = this;
    switch (key) {
      case 'type':
        draft.type = oneOf('mount type', value, types);
        return;
      case 'from':
      case 'id':
      case 'env':
        draft[key] = value;
        return;
      case 'source':
      case 'src':
        draft.source = value;
        return;
      case 'target':
      case 'dst':
      case 'destination':
        draft.target = value;
        return;
      case 'readonly':
      case 'ro':
        this.#readOnly(truth(key, value));
        return;
      case 'readwrite':
      case 'rw':
        this.#readOnly(!truth(key, value));
        return;
      case 'required':
        this.#required(key, truth(key, value));
        return;
      case 'size':
        if (draft.type !== 'tmpfs') throw unexpected(key, draft.type);
        if (!/^\d+(\.\d+)? ?([kmgtp]?b?|[kmgtp]ib)$/i.test(value))
          throw new DockerfileError(`invalid value for ${key}: ${value}`);
        draft.size = value;
        return;
      case 'sharing':
        draft.sharing = oneOf('sharing value', value, sharings);
        return;
      case 'mode':
        draft.mode = whole(key, value, 8);
        return;
      case 'uid':
      case 'gid':
        draft[key] = whole(key, value, 10);
        return;
      default:
        throw new DockerfileError(`unexpected key '${key}' in '${field}'${suggestion(key, keys)}`);
    }
  }

  finish(): RunMount {
    const { draft } = this;
    const { type, source, target, id } = draft;
    if (type === 'bind' || type === 'tmpfs')
      for (const key of ['mode', 'uid', 'gid'] as const)
        if (draft[key] !== null)
          throw new DockerfileError(`${key} not allowed for ${goQuote(type)} type mounts`);
    if (this.#auto) draft.readOnly = type !== 'cache' && type !== 'tmpfs';
    if (type === 'secret') {
      if (draft.from !== '') throw new DockerfileError('secret mount should not have a from');
      if (draft.sharing !== '') throw new DockerfileError('secret mount should not define sharing');
      if (source === '' && target === '' && id === '')
        throw new DockerfileError('invalid secret mount. one of source, target required');
      if (source !== '' && id !== '') throw new DockerfileError("both source and id can't be set");
    }
    if (draft.sharing !== '' && type !== 'cache')
      throw new DockerfileError(`invalid cache sharing set for ${type} mount`);
    return draft;
  }
}

/** A value of --mount; `expand` replaces variables. Throws DockerfileError. */
export function parseMount(text: string, expand: (word: string) => string): RunMount {
  const mount = new Mount();
  for (const field of fieldsOf(text)) {
    const at = field.indexOf('=');
    const key = (at < 0 ? field : field.slice(0, at)).toLowerCase();
    if (at < 0) mount.word(key, field);
    else mount.set(key, expand(field.slice(at + 1)), field);
  }
  return mount.finish();
}

/** The stage or image that a mount names, which must be known before variables are. */
export function mountSource(text: string): string {
  for (const field of fieldsOf(text)) {
    const [key = '', ...rest] = field.split('=');
    const value = rest.join('=');
    if (key.toLowerCase() !== 'from' || rest.length === 0) continue;
    const at = value.indexOf('$');
    if (at >= 0 && at < value.length - 1)
      throw new DockerfileError("'from' doesn't support variable expansion, define alias stage instead");
    return value;
  }
  return '';
}
