/** The learner's functions as a mounted file system: `mount -t overlay-lab`, with the options of the kernel's overlay. */
import {
  type CallResult,
  decodeUtf8,
  encodeUtf8,
  FuseFs,
  type FuseOperations,
  type Json,
  type LiveCode,
  type MountRequest,
  OsError,
  type Sandbox,
} from '../../../src/exercise/index.ts';
import { wrongEntry, wrongNames } from './answers.ts';
import type { Entry } from './api.d.ts';
import { DirectoryLayer, type HostLayer } from './layers.ts';
import { stackInHost } from './prelude.ts';
import type { Seen } from './reference.ts';

const errnos = ['ENOENT', 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EXDEV'] as const;

type Caller = (name: string, ...args: string[]) => Json;

/** Error numbers of the learner's pass on; everything else is a fault: told, and EIO for the program. */
function answer(name: string, result: CallResult): Json {
  if (result.ok) return result.value ?? null;
  const code = errnos.find((known) => known === result.error.code);
  if (code !== undefined) throw new OsError(code);
  throw new Error(`${name}: ${result.error.message}`);
}

/** Throws where `wrong` says that a function gave what is no answer. */
function allow<T>(name: string, value: Json, wrong: (value: Json) => string | null): T {
  const why = wrong(value);
  if (why !== null) throw new Error(`${name} ${why}`);
  return value as T;
}

function operations(call: Caller, upper: HostLayer): FuseOperations {
  const lookup = (path: string) => allow<Seen | null>('lookup', call('lookup', path), wrongEntry);
  const upperFile = (path: string): Extract<Entry, { kind: 'file' }> => {
    const entry = upper.get(path);
    if (entry?.kind === 'file') return entry;
    throw new Error(`after openForWrite(${path}) the upper layer has no file there`);
  };
  const rewrite = (path: string, content: string) => upper.put(path, { ...upperFile(path), content });
  return {
    getattr(path) {
      const entry = lookup(path);
      if (entry === null) return null;
      const size = entry.kind === 'file' ? encodeUtf8(entry.content).length : 4096;
      return { type: entry.kind, mode: entry.mode, size, uid: 1000, gid: 1000 };
    },
    readdir: (path) => allow<string[]>('readdir', call('readdir', path), wrongNames),
    read(path, offset, count) {
      const entry = lookup(path);
      if (entry?.kind !== 'file') throw new OsError('ENOENT');
      return encodeUtf8(entry.content).subarray(offset, offset + count);
    },
    readlink() {
      throw new OsError('EINVAL');
    },
    openForWrite(path) {
      call('openForWrite', path);
      upperFile(path);
    },
    write(path, offset, data) {
      const before = encodeUtf8(upperFile(path).content);
      const bytes = new Uint8Array(Math.max(before.length, offset + data.length));
      bytes.set(before);
      bytes.set(data, offset);
      rewrite(path, decodeUtf8(bytes));
      return data.length;
    },
    setattr(path, change) {
      const dir = lookup(path)?.kind === 'dir';
      if (dir) throw new OsError('EOPNOTSUPP');
      if (change.size === undefined && change.mode === undefined) return;
      call('openForWrite', path);
      const entry = upperFile(path);
      const bytes = new Uint8Array(change.size ?? encodeUtf8(entry.content).length);
      bytes.set(encodeUtf8(entry.content).subarray(0, bytes.length));
      upper.put(path, { ...entry, content: decodeUtf8(bytes), mode: change.mode ?? entry.mode });
    },
    create: (path) => void call('openForWrite', path),
    mkdir: (path) => void call('mkdir', path),
    unlink: (path) => void call('unlink', path),
    // The exercise has no rmdir: rm -r of a directory ends here.
    rmdir() {
      throw new OsError('EOPNOTSUPP');
    },
    rename: (from, to) => void call('rename', from, to),
  };
}

function directoriesOf(request: MountRequest): { upper: HostLayer; lowers: HostLayer[] } {
  const layer = (path: string) => {
    const { inode } = request.lookup(path).dentry;
    if (inode.type !== 'dir') throw new OsError('ENOTDIR');
    return new DirectoryLayer(inode);
  };
  const lowerdir = request.options.get('lowerdir');
  const upperdir = request.options.get('upperdir');
  if (lowerdir === undefined || upperdir === undefined) throw new OsError('EINVAL');
  return { upper: layer(upperdir), lowers: lowerdir.split(':').map(layer) };
}

function mounted(
  request: MountRequest,
  code: () => Sandbox | null,
  report: (message: string) => void,
  print: (line: string) => void,
): FuseFs {
  const { upper, lowers } = directoriesOf(request);
  const call: Caller = (name, ...args) => {
    const sandbox = code();
    if (sandbox === null) throw new Error('the code does not run yet: see its problems in the editor');
    const result = sandbox.call(name, [stackInHost(sandbox, [upper, ...lowers]), ...args]);
    for (const line of result.output) print(line);
    return answer(name, result);
  };
  return new FuseFs(request, {
    type: 'overlay-lab',
    operations: operations(call, upper),
    onFault: (operation, path, error) =>
      report(`${operation} ${path}: ${error instanceof Error ? error.message : String(error)}`),
  });
}

export const live: LiveCode = {
  filesystems: ({ code, report, print }) =>
    new Map([['overlay-lab', (request: MountRequest) => mounted(request, code, report, print)]]),
};
