/** The archive in which Google Cloud takes a disk: gzip, tar of the old GNU format, one member called disk.raw. */
import { type Fd, type Sys, sys } from '../../../linux/index.ts';
import type { TarEntry } from '../../../oci/index.ts';
import { Expander, GzipError, isGzip, sourceOf } from '../archives/gzipStream.ts';
import { TarInput } from '../archives/tarInput.ts';
import { TarEnd } from '../archives/tarSettings.ts';
import { CloudError } from './command.ts';

const MEMBER = 'disk.raw';
/** At 257 of the first header: GNU's formats have blanks there, POSIX a NUL and the version. */
const GNU_MAGIC = 'ustar  \0';

/** Which kind of tar it is, by its first header. */
function* magicOf(fd: Fd): Sys<string> {
  const source = new Expander(sourceOf(fd));
  let start = yield* source.read();
  while (start.length < 512) {
    const more = yield* source.read();
    if (more.length === 0) break;
    const both = new Uint8Array(start.length + more.length);
    both.set(start);
    both.set(more, start.length);
    start = both;
  }
  return String.fromCharCode(...start.subarray(257, 265));
}

/** The disk in an uploaded archive. Throws CloudError with the reason it is none. */
export function* diskInArchive(fd: Fd): Sys<TarEntry> {
  const start = yield* sys.pread(fd, 2, 0);
  if (!isGzip(start))
    throw new CloudError('the file is not compressed with gzip: its first bytes are not 1f 8b');
  try {
    if ((yield* magicOf(fd)) !== GNU_MAGIC)
      throw new CloudError(
        'the file is no tar archive of the old GNU format: make it with tar --format=oldgnu',
      );
    yield* sys.lseek(fd, 0, 'set');
    const input = new TarInput(fd, 'yes');
    const entry = yield* input.next();
    const name = input.path;
    if (entry === null || entry.type !== 'file' || name !== MEMBER)
      throw new CloudError(
        `the archive's first member must be the file ${MEMBER}, and it is ${entry === null ? 'empty' : name}`,
      );
    const second = yield* input.next();
    if (second !== null) throw new CloudError(`the archive holds ${input.path} besides ${MEMBER}`);
    return entry;
  } catch (error) {
    if (error instanceof TarEnd) throw new CloudError(`the archive is damaged: ${error.message}`);
    if (error instanceof GzipError) throw new CloudError(`the archive is damaged: gzip: ${error.message}`);
    throw error;
  }
}
