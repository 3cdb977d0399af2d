/** File operations as plain data, so that the same ones can be done by the simulated kernel, by a model and by a real kernel. */
import * as fc from 'fast-check';
import { decodeUtf8, encodeUtf8, isOsError } from '../../src/base/index.ts';
import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Stat,
  type Sys,
  sys,
} from '../../src/linux/index.ts';

/** Paths are relative to the directory that is tried out. */
export type Operation =
  | { readonly op: 'mkdir' | 'chmod'; readonly path: string; readonly mode: number }
  | { readonly op: 'write'; readonly path: string; readonly how: WriteHow; readonly text: string }
  | { readonly op: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  | { readonly op: 'chown'; readonly path: string; readonly uid: number }
  | { readonly op: 'truncate'; readonly path: string; readonly size: number }
  | { readonly op: 'setxattr'; readonly path: string; readonly text: string }
  | { readonly op: SimpleName; readonly path: string };

type SimpleName = 'rmdir' | 'unlink' | 'read' | 'readlink' | 'readdir' | 'stat' | 'lstat' | 'getxattr';

/** How a file is opened for writing: there already, made when missing, made anew, emptied, at its end. */
export type WriteHow = 'existing' | 'create' | 'exclusive' | 'truncate' | 'append';

export type Outcome = { readonly value: unknown } | { readonly error: string };

/** What is seen of one file. Times and numbers of inodes are left out: they differ from run to run. */
export interface Seen {
  readonly type: 'dir' | 'file' | 'symlink' | 'whiteout';
  readonly mode: number;
  readonly uid: number;
  /** Names of a file; of a directory it is not compared. */
  readonly links?: number;
  readonly text?: string;
  readonly target?: string;
  readonly note?: string;
  readonly opaque?: boolean;
}

/** Path → what is there. */
export type Tree = Readonly<Record<string, Seen>>;

export const NOTE = 'user.note';
const OPAQUE = 'trusted.overlay.opaque';

const name = fc.constantFrom('a', 'b', 'c');
export const somePath: fc.Arbitrary<string> = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const mode = fc.constantFrom(0o755, 0o700, 0o644, 0o600, 0o1777);
const text = fc.string({ unit: fc.constantFrom('x', 'y', '\n'), maxLength: 6 });
const target = fc.constantFrom('a', 'b', 'c/a', './b', '.');

function operation<O extends Operation['op']>(op: O, fields: Record<string, fc.Arbitrary<unknown>> = {}) {
  return fc.record({ op: fc.constant(op), path: somePath, ...fields }) as unknown as fc.Arbitrary<Operation>;
}

/** Any operation on a few names, so that they meet. `symlinks` false: none that has to do with symbolic links. */
export function anyOperation({ symlinks = true } = {}): fc.Arbitrary<Operation> {
  const how = fc.constantFrom<WriteHow>('existing', 'create', 'exclusive', 'truncate', 'append');
  const weighted = (weight: number, arbitrary: fc.Arbitrary<Operation>) => ({ weight, arbitrary });
  return fc.oneof(
    weighted(5, operation('mkdir', { mode })),
    weighted(6, operation('write', { how, text })),
    weighted(3, operation('unlink')),
    weighted(3, operation('rmdir')),
    weighted(6, operation('rename', { to: somePath })),
    weighted(3, operation('link', { to: somePath })),
    weighted(2, operation('chmod', { mode })),
    weighted(1, operation('chown', { uid: fc.constantFrom(0, 1000) })),
    weighted(1, operation('truncate', { size: fc.nat(8) })),
    weighted(1, operation('setxattr', { text })),
    weighted(1, operation('getxattr')),
    weighted(2, operation('read')),
    weighted(2, operation('readdir')),
    weighted(2, operation('stat')),
    ...(symlinks
      ? [
          weighted(3, operation('symlink', { target })),
          weighted(1, operation('readlink')),
          weighted(1, operation('lstat')),
        ]
      : []),
  );
}

const flags: Record<WriteHow, number> = {
  existing: O_WRONLY,
  create: O_WRONLY | O_CREAT,
  exclusive: O_WRONLY | O_CREAT | O_EXCL,
  truncate: O_WRONLY | O_CREAT | O_TRUNC,
  append: O_WRONLY | O_APPEND,
};

function summary({ mode: bits, uid, nlink, size }: Stat): unknown {
  const type = bits >> 12;
  if (type === 0o04) return ['dir', bits & 0o7777, uid];
  return [type === 0o12 ? 'symlink' : type === 0o02 ? 'char' : 'file', bits & 0o7777, uid, nlink, size];
}

function* names(path: string): Sys<string[]> {
  const fd = yield* sys.open(path, O_RDONLY);
  try {
    const entries = yield* sys.getdents(fd);
    return entries
      .map((entry) => entry.name)
      .filter((each) => each !== '.' && each !== '..')
      .sort();
  } finally {
    yield* sys.close(fd);
  }
}

function* contents(path: string): Sys<string> {
  const fd = yield* sys.open(path, O_RDONLY);
  try {
    return decodeUtf8(yield* sys.read(fd, 1000));
  } finally {
    yield* sys.close(fd);
  }
}

/** Does an operation below `root`; throws OsError. */
function* perform(root: string, each: Operation): Sys<unknown> {
  const path = `${root}/${each.path}`;
  switch (each.op) {
    case 'mkdir':
      return yield* sys.mkdir(path, each.mode);
    case 'rmdir':
      return yield* sys.rmdir(path);
    case 'unlink':
      return yield* sys.unlink(path);
    case 'rename':
      return yield* sys.rename(path, `${root}/${each.to}`);
    case 'link':
      return yield* sys.link(path, `${root}/${each.to}`);
    case 'symlink':
      return yield* sys.symlink(each.target, path);
    case 'chmod':
      return yield* sys.chmod(path, each.mode);
    case 'chown':
      return yield* sys.chown(path, each.uid, each.uid);
    case 'truncate':
      return yield* sys.truncate(path, each.size);
    case 'setxattr':
      return yield* sys.setxattr(path, NOTE, encodeUtf8(each.text));
    case 'getxattr':
      return decodeUtf8(yield* sys.getxattr(path, NOTE));
    case 'read':
      return yield* contents(path);
    case 'readlink':
      return yield* sys.readlink(path);
    case 'readdir':
      return yield* names(path);
    case 'stat':
      return summary(yield* sys.stat(path));
    case 'lstat':
      return summary(yield* sys.lstat(path));
    case 'write': {
      const fd = yield* sys.open(path, flags[each.how], 0o644);
      if (each.text !== '') yield* sys.write(fd, encodeUtf8(each.text));
      return yield* sys.close(fd);
    }
  }
}

/** Does all operations; what each gave. */
export function* performAll(root: string, operations: readonly Operation[]): Sys<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of operations) {
    try {
      outcomes.push({ value: (yield* perform(root, each)) ?? null });
    } catch (error) {
      if (!isOsError(error)) throw error;
      outcomes.push({ error: error.code });
    }
  }
  return outcomes;
}

/** All that is below `root`. */
export function* treeBelow(root: string): Sys<Tree> {
  const tree: Record<string, Seen> = {};
  function* walk(path: string): Sys<void> {
    const full = `${root}${path}`;
    const { mode: bits, uid, nlink } = yield* sys.lstat(full);
    const kind = bits >> 12;
    const attributes = kind === 0o12 || kind === 0o02 ? [] : yield* sys.listxattr(full);
    const note = attributes.includes(NOTE) ? { note: decodeUtf8(yield* sys.getxattr(full, NOTE)) } : {};
    const base = { mode: bits & 0o7777, uid, ...note };
    if (kind === 0o02) tree[path] = { type: 'whiteout', mode: 0, uid: 0, links: nlink };
    else if (kind === 0o12)
      tree[path] = { type: 'symlink', ...base, links: nlink, target: yield* sys.readlink(full) };
    else if (kind === 0o10) tree[path] = { type: 'file', ...base, links: nlink, text: yield* contents(full) };
    else {
      tree[path || '/'] = { type: 'dir', ...base, ...(attributes.includes(OPAQUE) && { opaque: true }) };
      for (const each of yield* names(full)) yield* walk(`${path}/${each}`);
    }
  }
  yield* walk('');
  return tree;
}
