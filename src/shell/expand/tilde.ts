/** Tilde expansion: `~`, `~user`, `~+`, `~-`. */
import { isOsError } from '../../base/index.ts';
import { readFile, type Sys, sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';
import { textFromBytes } from '../text.ts';

/** One line of /etc/passwd, passwd(5). */
export interface PasswordEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

export function* passwordEntries(): Sys<PasswordEntry[]> {
  let text: string;
  try {
    text = textFromBytes(yield* readFile('/etc/passwd'));
  } catch (error) {
    if (isOsError(error)) return [];
    throw error;
  }
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name, , uid, gid, , home, shell]) => ({
      name: name!,
      uid: Number(uid),
      gid: Number(gid),
      home: home!,
      shell: shell!,
    }));
}

/** What `~prefix` stands for; null when it stands for itself. */
export function* tildeDirectory(shell: Shell, prefix: string): Sys<string | null> {
  if (prefix === '') {
    const home = shell.variables.get('HOME');
    if (home !== undefined) return home;
    const uid = yield* sys.getuid();
    return (yield* passwordEntries()).find((entry) => entry.uid === uid)?.home ?? null;
  }
  if (prefix === '+') return shell.variables.get('PWD') ?? null;
  if (prefix === '-') return shell.variables.get('OLDPWD') ?? null;
  return (yield* passwordEntries()).find((entry) => entry.name === prefix)?.home ?? null;
}
