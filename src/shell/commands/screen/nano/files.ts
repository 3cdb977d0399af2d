/** Reading and writing the file that is edited. */
import { isOsError, strerror } from '../../../../base/index.ts';
import {
  O_CREAT,
  O_EXCL,
  O_TRUNC,
  O_WRONLY,
  readFile,
  type Sys,
  sys,
  W_OK,
  writeAll,
} from '../../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../../text.ts';
import { isDirectory, isRegular, orNull } from '../../support.ts';
import type { Message } from './window.ts';

export interface Loaded {
  /** Empty when the file cannot be edited under its name. */
  readonly name: string;
  readonly text: string;
  readonly message: Message;
}

const alert = (text: string): Message => ({ text, kind: 'alert' });

export const counted = (count: number) => `${count} line${count === 1 ? '' : 's'}`;

/** Lines of a text; a last one counts without its newline too. */
export function countLines(text: string): number {
  if (text === '') return 0;
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export function* load(name: string): Sys<Loaded> {
  const stat = yield* orNull(() => sys.stat(name), 'ENOENT');
  if (stat === null) {
    const slash = name.lastIndexOf('/');
    const directory = slash < 0 ? '.' : name.slice(0, slash) || '/';
    const parent = yield* orNull(() => sys.stat(directory), 'ENOENT', 'ENOTDIR');
    if (parent === null) return { name, text: '', message: alert(`Directory '${directory}' does not exist`) };
    if (!isDirectory(parent))
      return { name, text: '', message: alert(`Path '${directory}' is not a directory`) };
    return { name, text: '', message: { text: 'New File', kind: 'info' } };
  }
  if (isDirectory(stat)) return { name: '', text: '', message: alert(`"${name}" is a directory`) };
  if (!isRegular(stat)) return { name: '', text: '', message: alert(`"${name}" is not a normal file`) };
  const text = textFromBytes(yield* readFile(name));
  const read = `Read ${counted(countLines(text))}`;
  const writable = (yield* orNull(() => sys.access(name, W_OK))) !== null;
  return {
    name,
    text,
    message: writable ? { text: read, kind: 'info' } : alert(`File '${name}' is unwritable`),
  };
}

/** What went wrong on reading `name`. */
export function* loadOrTell(name: string): Sys<Loaded> {
  try {
    return yield* load(name);
  } catch (error) {
    if (!isOsError(error)) throw error;
    return { name: '', text: '', message: alert(`Error reading ${name}: ${strerror(error.code)}`) };
  }
}

/** Writes all of `text`; null when that went well, else why not. */
export function* save(name: string, text: string, flags = O_TRUNC): Sys<string | null> {
  try {
    const fd = yield* sys.open(name, O_WRONLY | O_CREAT | flags, 0o666);
    try {
      yield* writeAll(fd, bytesFromText(text));
    } finally {
      yield* sys.close(fd);
    }
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return strerror(error.code);
  }
}

/** When the terminal goes away: the text goes to `NAME.save`, or `NAME.save.1` …; null when nothing could be written. */
export function* rescue(name: string, text: string): Sys<string | null> {
  const base = name === '' ? `nano.${yield* sys.getpid()}.save` : `${name}.save`;
  for (let i = 0; i < 100; i++) {
    const path = i === 0 ? base : `${base}.${i}`;
    if ((yield* save(path, text, O_EXCL)) === null) return path;
  }
  return null;
}
