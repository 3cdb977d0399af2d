/** How a session on a terminal begins: the message of the day, then the shell, as login(1) does it. */
import { isOsError } from '../base/index.ts';
import type { Sys } from './program.ts';
import { readFile, writeAll } from './stdio.ts';
import { sys } from './sys.ts';

const MOTD = '/etc/motd';

/** Prints /etc/motd, motd(5), unless the user has a file .hushlogin; a file that cannot be read is passed over. */
export function* showMessageOfTheDay(home: string): Sys<void> {
  if (yield* exists(`${home}/.hushlogin`)) return;
  let text: Uint8Array;
  try {
    text = yield* readFile(MOTD);
  } catch (error) {
    if (isOsError(error)) return;
    throw error;
  }
  yield* writeAll(1, text);
}

function* exists(path: string): Sys<boolean> {
  try {
    yield* sys.stat(path);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}
