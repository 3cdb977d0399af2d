/** The files given to less, opened as one comes to them, and where one was in each. */
import { isOsError, strerror } from '../../../../base/index.ts';
import { O_RDONLY, type Sys, sys } from '../../../../linux/index.ts';
import { isDirectory, isRegular } from '../../support.ts';
import { Source, type Waiting } from './source.ts';
import type { Position } from './view.ts';

export interface OpenedFile {
  readonly path: string;
  readonly source: Source;
  /** Where one was when one left it. */
  top: Position | null;
}

/** Why a file could not be opened, as it is told. */
export class Unopened extends Error {}

export class Files {
  /** Of the file shown. */
  index = 0;
  readonly #paths: string[];
  readonly #opened = new Map<string, OpenedFile>();
  readonly #waiting: Waiting;

  constructor(paths: readonly string[], waiting: Waiting) {
    this.#paths = [...paths];
    this.#waiting = waiting;
  }

  get count(): number {
    return this.#paths.length;
  }

  path(index: number): string | null {
    return this.#paths[index] ?? null;
  }

  /** Takes a file off the list. */
  remove(index: number): void {
    this.#paths.splice(index, 1);
  }

  insert(index: number, path: string): void {
    this.#paths.splice(index, 0, path);
  }

  /** The file at `index`; throws Unopened. */
  *open(index: number): Sys<OpenedFile> {
    const path = this.#paths[index]!;
    const before = this.#opened.get(path);
    if (before !== undefined) return before;
    const file: OpenedFile = { path, source: yield* this.#source(path), top: null };
    this.#opened.set(path, file);
    return file;
  }

  /** Reads the file at `index` anew when it is opened next. */
  *close(index: number): Sys<void> {
    const path = this.#paths[index]!;
    yield* this.#opened.get(path)!.source.close();
    this.#opened.delete(path);
  }

  *#source(path: string): Sys<Source> {
    if (path === '-') return new Source('', 0, null, this.#waiting);
    try {
      const fd = yield* sys.open(path, O_RDONLY);
      const stat = yield* sys.fstat(fd);
      if (isDirectory(stat)) {
        yield* sys.close(fd);
        throw new Unopened(`${path} is a directory`);
      }
      const regular = isRegular(stat);
      return new Source(path, fd, regular && stat.size > 0 ? stat.size : null, this.#waiting);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new Unopened(`${path}: ${strerror(error.code)}`);
    }
  }
}

/** As less decides it: more than five characters of the first 256 bytes that no text has. */
export function* looksBinary(source: Source, colours: boolean): Sys<boolean> {
  yield* source.has(0);
  let text = source.lines.slice(0, 256).join('\n').slice(0, 256);
  if (colours) text = text.replace(/\x1b\[[0-9;:]*m/g, '');
  return (text.match(/[\0-\x07\x0b\x0e-\x1f\x7f]|(?<![\ud800-\udbff])[\udc80-\udcff]/g) ?? []).length > 5;
}
