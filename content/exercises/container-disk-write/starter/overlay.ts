import type { Entry, Stack } from './api.d.ts';

// This file is the overlay file system of /lab/one/merged and /lab/two/merged: save it, and the next
// command there runs your functions. `ls -l /lab/one/upper` shows what they left in the upper layer.

/** What is seen at `path`, from the topmost layer that says something; null when nothing is seen. */
export function lookup(stack: Stack, path: string): Entry | null {
  // So far only the upper layer is looked at.
  return stack.upper.get(path);
}

/**
 * open(path, O_WRONLY | O_CREAT): afterwards the file is in the upper layer, ready to be written.
 * A file of a lower layer is copied up with its content and mode, after the directories above it; a new one
 * starts empty with mode 0o644. EISDIR for a directory; ENOENT or ENOTDIR when there is no directory to put it in.
 */
export function openForWrite(stack: Stack, path: string): void {
  stack.upper.put(path, { kind: 'file', content: '', mode: 0o644 });
}

/** Removes a file: afterwards nothing is seen at `path`. ENOENT when there is none, EISDIR for a directory. */
export function unlink(stack: Stack, path: string): void {
  stack.upper.remove(path);
}

/** The names seen in a directory, each once, in any order. ENOENT when there is none, ENOTDIR for a file. */
export function readdir(stack: Stack, path: string): readonly string[] {
  return stack.upper.list(path);
}

/**
 * Gives what is at `from` the name `to`; a file that was there is replaced. ENOENT when nothing is at `from`; EXDEV for a directory of
 * which a lower layer has a part, whatever is at `to` (mv then copies it). See api.d.ts for what a layer can do.
 */
export function rename(stack: Stack, from: string, to: string): void {
  fail('EXDEV');
}

/** Makes a directory, mode 0o755. EEXIST when something is seen there; ENOENT or ENOTDIR when there is nowhere to put it. */
export function mkdir(stack: Stack, path: string): void {
  stack.upper.put(path, { kind: 'dir', mode: 0o755 });
}
