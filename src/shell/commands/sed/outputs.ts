/** Where sed writes: standard output, the files of `w`, and with -i the file that takes a file's place. */
import { isOsError, strerror } from '../../../base/index.ts';
import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY, type Sys, sys } from '../../../linux/index.ts';
import { baseName, isRegular, joinPath } from '../support.ts';
import { type FileWatcher, Output, SedEnd } from './input.ts';

export class Outputs implements FileWatcher {
  readonly #end: string;
  /** Null: not in place. */
  readonly #suffix: string | null;
  readonly #files = new Map<string, Output>();
  readonly #standard: Output;
  #place: { file: string; temporary: string; fd: number; output: Output } | null = null;

  constructor(end: string, suffix: string | null) {
    this.#end = end;
    this.#suffix = suffix;
    this.#standard = new Output(1, end);
    this.#files.set('/dev/stdout', this.#standard);
    this.#files.set('/dev/stderr', new Output(2, end));
  }

  /** Where the pattern space goes. */
  get main(): Output {
    return this.#place?.output ?? this.#standard;
  }

  /** The output for a `w`. */
  file(name: string): Output {
    return this.#files.get(name)!;
  }

  /** Makes the files of `w` commands; throws SedEnd when that cannot be. */
  *make(names: readonly string[]): Sys<void> {
    for (const name of names) {
      if (this.#files.has(name)) continue;
      try {
        const fd = yield* sys.open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
        this.#files.set(name, new Output(fd, this.#end));
      } catch (error) {
        if (!isOsError(error)) throw error;
        throw new SedEnd(4, `couldn't open file ${name}: ${strerror(error.code)}`);
      }
    }
  }

  *opened(file: string): Sys<void> {
    if (this.#suffix === null || file === '-') return;
    const slash = file.lastIndexOf('/') + 1;
    const stat = yield* sys.stat(file);
    if (!isRegular(stat)) {
      throw new SedEnd(4, `couldn't edit ${file}: not a regular file`);
    }
    // The process number makes the name one's own, as mkstemp(3) would.
    const temporary = `${file.slice(0, slash)}sed${yield* sys.getpid()}`;
    try {
      const fd = yield* sys.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);

      this.#place = { file, temporary, fd, output: new Output(fd, this.#end) };
      yield* sys.chmod(temporary, stat.mode & 0o7777);
      yield* sys.chown(temporary, stat.uid, stat.gid);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (this.#place !== null) return;
      throw new SedEnd(4, `couldn't open temporary file ${temporary}: ${strerror(error.code)}`);
    }
  }

  *closed(): Sys<void> {
    const place = this.#place;
    if (place === null) return;
    this.#place = null;
    yield* sys.close(place.fd);
    try {
      if (this.#suffix !== null && this.#suffix !== '')
        yield* sys.rename(place.file, this.#backupOf(place.file));
      yield* sys.rename(place.temporary, place.file);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new SedEnd(4, `cannot rename ${place.temporary}: ${strerror(error.code)}`);
    }
  }

  /** `.bak` is put behind the name; in a suffix with `*` the name takes its place. */
  #backupOf(file: string): string {
    const suffix = this.#suffix!;
    const name = baseName(file);
    const backup = suffix.includes('*') ? suffix.replaceAll('*', name) : name + suffix;
    const slash = file.lastIndexOf('/');
    return backup.includes('/') || slash < 0 ? backup : joinPath(file.slice(0, slash) || '/', backup);
  }
}
