/** wget(1), as GNU's 1.21: files from HTTP servers. */
import { encodeUtf8, isOsError, strerror } from '../../../../base/index.ts';
import {
  type Fd,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { orNull } from '../../support.ts';
import { GENERIC } from './endings.ts';
import { Wget } from './fetch.ts';

function* bodyOf(parsed: Parsed): Sys<Uint8Array | null> {
  const text = parsed.value('post-data') ?? parsed.value('body-data');
  if (text !== null) return encodeUtf8(text);
  const file = parsed.value('post-file') ?? parsed.value('body-file');
  if (file === null) return null;
  const bytes = yield* orNull(() => readFile(file), 'ENOENT', 'EACCES');
  if (bytes === null) throw new UsageError(`the file ‘${file}’ cannot be read`);
  return bytes;
}

export const wgetCommand: CommandSpec = {
  name: 'wget',
  usage: '[OPTION]... [URL]...',
  summary: 'Get files from HTTP servers.',
  usageStatus: 2,
  rewrite: (argv) => argv.map((word) => (word === '-nv' ? '--no-verbose' : word)),
  options: [
    { long: 'body-data', argument: 'DATA', help: 'send this, with --method' },
    { long: 'body-file', argument: 'FILE', help: 'send what is in FILE, with --method' },
    { long: 'header', argument: 'LINE', help: 'another field of the request' },
    { long: 'max-redirect', argument: 'NUMBER', help: 'how often to go where an answer leads; 20' },
    { long: 'method', argument: 'METHOD', help: 'the method' },
    {
      short: 'O',
      long: 'output-document',
      argument: 'FILE',
      help: 'write all to FILE, - for standard output',
    },
    { short: 'P', long: 'directory-prefix', argument: 'FOLDER', help: 'write into FOLDER' },
    { long: 'post-data', argument: 'DATA', help: 'POST this' },
    { long: 'post-file', argument: 'FILE', help: 'POST what is in FILE' },
    { long: 'no-verbose', help: 'a line for each file (-nv)' },
    { short: 'q', long: 'quiet', help: 'say nothing' },
    { short: 'S', long: 'server-response', help: 'show the heads of answers' },
    { long: 'spider', help: 'see whether it is there, and leave it there' },
    { short: 'T', long: 'timeout', argument: 'SECONDS', help: 'how long to wait; 900' },
    { short: 't', long: 'tries', argument: 'NUMBER', help: 'how often to try; 20, 0 for ever' },
    { short: 'U', long: 'user-agent', argument: 'NAME', help: 'say to be NAME' },
    { short: 'V', long: 'version', help: 'tell the version' },
  ],
  *run(parsed) {
    if (parsed.has('version')) {
      yield* writeAll(1, 'GNU Wget 1.21.3 built on linux-gnu.\n');
      return 0;
    }
    if (parsed.operands.length === 0) {
      yield* writeAll(
        2,
        "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n",
      );
      return GENERIC;
    }
    const body = yield* bodyOf(parsed);
    const document = parsed.value('output-document');
    let output: Fd | null = null;
    if (document === '-') output = 1;
    else if (document !== null && !parsed.has('spider'))
      try {
        output = yield* sys.open(document, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* writeAll(2, `${document}: ${strerror(error.code)}\n`);
        return GENERIC;
      }
    const size = yield* orNull(() => sys.tcgetwinsize(2), 'ENOTTY', 'EBADF');
    const wget = new Wget(parsed, size?.cols ?? null, { body, output });
    let status = 0;
    for (const url of parsed.operands) {
      const each = yield* wget.fetch(url);
      // Of several the lowest number counts, but for 1.
      if (each !== 0 && (status === 0 || each < status)) status = each;
    }
    yield* wget.end();
    return status;
  },
};
