/** htpasswd(1) of apache2-utils 2.4: files of users and passwords. Of its hashes there is SHA-1's, which is what the registry reads. */
import { sha1 } from '@noble/hashes/legacy.js';
import { decodeUtf8, encodeUtf8, isOsError, OsError, toBase64 } from '../../../base/index.ts';
import {
  LineReader,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  readAll,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { complain, isRegular, orNull } from '../support.ts';

/** Ends the command with a message of its own and a status. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What it cannot be asked for in this way. */
class BadUsage extends Error {}

const USAGE = `Usage:
	htpasswd [-cimB25dpsDv] [-C cost] [-r rounds] passwordfile username
	htpasswd -b[cmB25dpsDv] [-C cost] [-r rounds] passwordfile username password

	htpasswd -n[imB25dps] [-C cost] [-r rounds] username
	htpasswd -nb[mB25dps] [-C cost] [-r rounds] username password
 -c  Create a new file.
 -n  Don't update file; display results on stdout.
 -b  Use the password from the command line rather than prompting for it.
 -i  Read password from stdin without verification (for script usage).
 -m  Force MD5 hashing of the password (default).
 -2  Force SHA-256 hashing of the password (secure).
 -5  Force SHA-512 hashing of the password (secure).
 -B  Force bcrypt hashing of the password (very secure).
 -C  Set the computing time used for the bcrypt algorithm
     (higher is more secure but slower, default: 5, valid: 4 to 17).
 -r  Set the number of rounds used for the SHA-256, SHA-512 algorithms
     (higher is more secure but slower, default: 5000).
 -d  Force CRYPT hashing of the password (8 chars max, insecure).
 -s  Force SHA-1 hashing of the password (insecure).
 -p  Do not hash the password (plaintext, insecure).
 -D  Delete the specified user.
 -v  Verify password for the specified user.
On other systems than Windows and NetWare the '-p' flag will probably not work.
The SHA-1 algorithm does not use a salt and is less secure than the MD5 algorithm.
`;

/** Of the real one. */
const foreign: Readonly<Record<string, string>> = {
  m: 'MD5',
  '2': 'SHA-256',
  '5': 'SHA-512',
  B: 'bcrypt',
  d: 'CRYPT',
};
/** Bytes of a name. */
const MOST = 255;
/** Bytes of a password's buffer. */
const BUFFER = 256;

function requireSimulated(parsed: Parsed): void {
  for (const [letter, hash] of Object.entries(foreign))
    if (parsed.has(letter))
      throw new Refusal(2, `-${letter} (${hash}) is not simulated on this host, only -s and -p`);
  for (const letter of ['C', 'r'])
    if (parsed.has(letter)) throw new Refusal(2, `-${letter} is not simulated on this host`);
}

/** Of those that make an entry, only these hashes. */
function requireHash(parsed: Parsed): void {
  if (!['s', 'p', 'D', 'v'].some((letter) => parsed.has(letter)))
    throw new Refusal(2, 'MD5, the default, is not simulated on this host, only -s and -p');
}

/** What is read, as far as it fits. */
function fitting(password: string, most: number): string {
  if (encodeUtf8(password).length > most) throw new Refusal(5, `password too long (>${BUFFER})`);
  return password;
}

/** One line, unseen where it is typed: getpass(3). */
function* unseen(reader: LineReader, prompt: string): Sys<string> {
  const before = yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF');
  yield* writeAll(2, prompt);
  if (before !== null) yield* sys.tcsetattr(0, { echo: false });
  try {
    return fitting((yield* reader.nextText()) ?? '', BUFFER);
  } finally {
    if (before !== null) {
      yield* sys.tcsetattr(0, before);
      yield* writeAll(2, '\n');
    }
  }
}

/** The password: of the command line, of standard input, or as it is typed. */
function* passwordOf(parsed: Parsed, given: string | undefined): Sys<string> {
  if (given !== undefined) return given;
  // All of it, of which the end of the last line does not count, though it needs room.
  if (parsed.has('i')) return fitting(decodeUtf8(yield* readAll(0)), BUFFER - 1).replace(/\r?\n?$/, '');
  const reader = new LineReader(0);
  if (parsed.has('v')) return yield* unseen(reader, 'Enter password: ');
  const first = yield* unseen(reader, 'New password: ');
  const second = yield* unseen(reader, 'Re-type new password: ');
  if (first !== second) throw new Refusal(3, 'password verification error');
  return first;
}

const shaOf = (password: string) => `{SHA}${toBase64(sha1(encodeUtf8(password)))}`;

/** `USER:HASH` and a line's end. */
function* entryOf(parsed: Parsed, user: string, given: string | undefined): Sys<string> {
  const plain = parsed.order.filter((letter) => letter === 's' || letter === 'p').at(-1);
  const password = yield* passwordOf(parsed, given);
  if (plain === 'p')
    yield* writeAll(2, 'Warning: storing passwords as plain text might just not work on this platform.\n');
  return `${user}:${plain === 'p' ? password : shaOf(password)}\n`;
}

/** What is in the file, which must be one that can be changed; with -c it need not be there, and what it has does not count. */
function* linesBefore(path: string, parsed: Parsed): Sys<string[]> {
  const fresh = parsed.has('c');
  try {
    if (!fresh && !isRegular(yield* sys.stat(path))) throw new OsError('ENOENT');
    const fd = yield* sys.open(path, fresh ? O_WRONLY | O_CREAT : O_RDWR, 0o666);
    const text = fresh ? '' : decodeUtf8(yield* readAll(fd));
    yield* sys.close(fd);
    return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (fresh) throw new Refusal(1, `cannot create file ${path}`);
    throw new Refusal(
      1,
      error.code === 'EACCES' || error.code === 'EROFS'
        ? `cannot open file ${path} for read/write access`
        : `cannot modify file ${path}; use '-c' to create it`,
    );
  }
}

/** Looks whether the password is the user's. */
function* verify(line: string, user: string, parsed: Parsed, given: string | undefined): Sys<number> {
  const hash = line.slice(user.length + 1).replace(/[:\n].*$/s, '');
  if (hash.startsWith('$')) throw new Refusal(2, `only {SHA} passwords are simulated on this host: ${user}`);
  const good = hash === shaOf(yield* passwordOf(parsed, given));
  yield* writeAll(2, good ? `Password for user ${user} correct.\n` : 'password verification failed\n');
  return good ? 0 : 3;
}

/** Reads the lines of the file and writes them with the user's new one, without it, or not at all. */
function* change(path: string, user: string, given: string | undefined, parsed: Parsed): Sys<number> {
  const lines = yield* linesBefore(path, parsed);
  const deletes = parsed.has('D');
  const verifies = parsed.has('v');
  const entry = deletes || verifies ? '' : yield* entryOf(parsed, user, given);
  const kept: string[] = [];
  let found = false;
  for (const line of lines) {
    const isEntry = line.trim() !== '' && !line.trimStart().startsWith('#');
    if (isEntry && !line.includes(':'))
      throw new Refusal(7, `The file ${path} does not appear to be a valid htpasswd file.`);
    if (!isEntry || found || line.slice(0, line.indexOf(':')) !== user) {
      kept.push(line);
      continue;
    }
    if (verifies) return yield* verify(line, user, parsed, given);
    found = true;
    yield* writeAll(2, deletes ? 'Deleting ' : 'Updating ');
    kept.push(entry);
  }
  if (!found && (deletes || verifies)) {
    yield* writeAll(2, `User ${user} not found\n`);
    return verifies ? 6 : 0;
  }
  if (!found) kept.push(entry);
  yield* writeAll(2, `${found ? '' : 'Adding '}password for user ${user}\n`);
  const out = yield* sys.open(path, O_WRONLY | O_TRUNC);
  yield* writeAll(out, kept.join(''));
  yield* sys.close(out);
  return 0;
}

function* run(parsed: Parsed): Sys<number> {
  requireSimulated(parsed);
  if (['c', 'n', 'v', 'D'].filter((letter) => parsed.has(letter)).length > 1)
    throw new Refusal(2, 'only one of -c -n -v -D may be specified');
  const operands = [...parsed.operands];
  const wanted = 2 - Number(parsed.has('n')) + Number(parsed.has('b'));
  if (operands.length !== wanted) throw new BadUsage();
  const path = parsed.has('n') ? null : operands.shift()!;
  const [user = '', given] = operands;
  if (user.length > MOST) throw new Refusal(5, `username too long (> ${MOST})`);
  if (user.includes(':')) throw new Refusal(6, "username contains illegal character ':'");
  if (encodeUtf8(given ?? '').length >= BUFFER) throw new Refusal(5, `password too long (> ${BUFFER})`);
  requireHash(parsed);
  if (path !== null) return yield* change(path, user, given, parsed);
  yield* writeAll(1, `${yield* entryOf(parsed, user, given)}\n`);
  return 0;
}

export const htpasswd: CommandSpec = {
  name: 'htpasswd',
  usage: '[-cispDv] FILE USER, -b… FILE USER PASSWORD, -n… USER',
  summary: 'Keep a file of users and passwords, as web servers and registries read it.',
  operandsEndOptions: true,
  usageStatus: 2,
  wrongUsage: (message) =>
    `htpasswd: ${message
      .replace(/^unrecognized option.*/, 'illegal option -- -')
      .replace(/^invalid/, 'illegal')
      .replace(/'(.)'$/, '$1')}\n${USAGE}`,
  options: [
    { short: 'c', help: 'a new file, also in place of an old one' },
    { short: 'n', help: 'print the line and change no file' },
    { short: 'b', help: 'the password is the last argument' },
    { short: 'i', help: 'the password is what standard input has' },
    { short: 's', help: 'a hash of SHA-1' },
    { short: 'p', help: 'the password as it is' },
    { short: 'D', help: 'take the user out of the file' },
    { short: 'v', help: 'see whether the password is the right one' },
    ...Object.entries(foreign).map(([short, hash]) => ({ short, help: `${hash}, which is not simulated` })),
    { short: 'C', argument: 'COST', help: 'of bcrypt, which is not simulated' },
    { short: 'r', argument: 'ROUNDS', help: 'of SHA-256 and SHA-512, which are not simulated' },
  ],
  *run(parsed) {
    try {
      return yield* run(parsed);
    } catch (error) {
      if (error instanceof BadUsage) {
        yield* writeAll(2, USAGE);
        return 2;
      }
      if (!(error instanceof Refusal)) throw error;
      yield* complain('htpasswd', error.message);
      return error.status;
    }
  },
};
