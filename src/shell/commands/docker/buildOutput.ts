/** `docker build --output`: where the files of the result go instead of an image; buildx's ParseExports and CreateExports. */
import { makeDirs, unpackTree } from '../../../container/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { readTar } from '../../../oci/index.ts';
import { orNull } from '../support.ts';
import { isTerminal } from './archives.ts';
import { DockerError } from './dockerError.ts';

export interface BuildOutput {
  readonly type: 'local' | 'tar';
  /** A directory, or a file; `-` for standard output. */
  readonly dest: string;
}

const error = (why: string): DockerError => new DockerError(`ERROR: ${why}`);

/** `DIR`, `-`, or `type=TYPE,dest=PATH`. Throws DockerError. */
function parse(text: string): { readonly type: string; readonly dest: string } {
  if (text === '-') return { type: 'tar', dest: '-' };
  if (!text.includes(',') && !text.startsWith('type=')) return { type: 'local', dest: text };
  const given = new Map<string, string>();
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    if (at < 0) throw error(`invalid value ${field}`);
    given.set(field.slice(0, at).trim().toLowerCase(), field.slice(at + 1));
  }
  const type = given.get('type') ?? '';
  if (type === '') throw error('type is required for output');
  if (type !== 'local' && type !== 'tar')
    throw new DockerError(`docker: --output type=${type} is not simulated on this host.`);
  const attribute = [...given.keys()].find((key) => key !== 'type' && key !== 'dest');
  if (attribute !== undefined)
    throw new DockerError(`docker: --output ${attribute}= is not simulated on this host.`);
  return { type, dest: given.get('dest') ?? '' };
}

/** What --output asks for, null without it; the place is looked at before anything is built. Throws DockerError. */
export function* buildOutput(given: readonly string[]): Sys<BuildOutput | null> {
  const wanted = given.filter((text) => text !== '').map(parse);
  if (wanted.length > 1)
    throw new DockerError('docker: more than one --output is not simulated on this host.');
  if (wanted.length === 0) return null;
  const { type, dest } = wanted[0]!;
  const there = yield* orNull(() => sys.stat(dest), 'ENOENT');
  const isDir = there !== null && (there.mode & 0o170000) === 0o040000;
  if (type === 'local') {
    if (dest === '') throw error('dest is required for local exporter');
    if (dest === '-') throw error('dest cannot be stdout for local exporter');
    if (there !== null && !isDir) throw error(`destination directory ${dest} is a file`);
    return { type, dest };
  }
  if (dest !== '' && dest !== '-') {
    if (isDir) throw error(`destination file ${dest} is a directory`);
    return { type: 'tar', dest };
  }
  if (yield* isTerminal(1))
    throw error('dest file is required for tar exporter. refusing to write to console');
  return { type: 'tar', dest: '-' };
}

/** Puts the archive of the result's files where it is wanted. Files in a directory belong to who builds. */
export function* putOutput({ type, dest }: BuildOutput, archive: Uint8Array): Sys<void> {
  if (type === 'local') {
    yield* makeDirs(dest);
    yield* unpackTree(readTar(archive), dest, false);
    return;
  }
  if (dest === '-') {
    yield* writeAll(1, archive);
    return;
  }
  const fd = yield* sys.open(dest, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
  yield* writeAll(fd, archive);
  yield* sys.close(fd);
}
