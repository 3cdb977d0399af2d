/** A host with the shell and a few small programs, so that shell tests do not depend on the utilities' room. */
import { encodeUtf8, isOsError, MILLISECOND } from '../../src/base/index.ts';
import {
  type FileTree,
  LineReader,
  O_CREAT,
  O_WRONLY,
  type Program,
  READ_SIZE,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../src/linux/index.ts';
import { shellPrograms } from '../../src/shell/index.ts';
import { type TestHost, testHost } from './linuxHost.ts';

function* copy(fd: number): Sys<void> {
  for (;;) {
    const part = yield* sys.read(fd, READ_SIZE);
    if (part.length === 0) return;
    yield* writeAll(1, part);
  }
}

const cat: Program = function* ({ argv }) {
  if (argv.length === 1) yield* copy(0);
  let status = 0;
  for (const path of argv.slice(1)) {
    try {
      yield* writeAll(1, yield* readFile(path));
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(2, `cat: ${path}: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
};

const sleep: Program = function* ({ argv }) {
  yield* sys.nanosleep(Math.round(Number(argv[1]) * 1000 * MILLISECOND));
  return 0;
};

const yes: Program = function* ({ argv }) {
  const line = encodeUtf8(`${argv[1] ?? 'y'}\n`.repeat(100));
  for (;;) yield* writeAll(1, line);
};

const head: Program = function* ({ argv }) {
  const count = Number(argv[1] === '-n' ? argv[2] : (argv[1] ?? '-10').slice(1));
  const reader = new LineReader(0);
  for (let i = 0; i < count; i++) {
    const line = yield* reader.next();
    if (line === null) break;
    yield* writeAll(1, line);
  }
  return 0;
};

/** `wc -l` alone. */
const wc: Program = function* () {
  const reader = new LineReader(0);
  let count = 0;
  while ((yield* reader.next()) !== null) count++;
  yield* writeAll(1, `${count}\n`);
  return 0;
};

const seq: Program = function* ({ argv }) {
  const [first, last] = argv.length > 2 ? [Number(argv[1]), Number(argv[2])] : [1, Number(argv[1])];
  let text = '';
  for (let i = first; i <= last; i++) text += `${i}\n`;
  yield* writeAll(1, text);
  return 0;
};

const env: Program = function* ({ env: environment }) {
  const lines = [...environment].map(([name, value]) => `${name}=${value}\n`);
  yield* writeAll(1, lines.join(''));
  return 0;
};

const mkdir: Program = function* ({ argv }) {
  const parents = argv[1] === '-p';
  for (const path of argv.slice(parents ? 2 : 1)) {
    const parts = path.split('/');
    for (let i = parents ? 1 : parts.length; i <= parts.length; i++) {
      try {
        yield* sys.mkdir(parts.slice(0, i).join('/'), 0o777);
      } catch (error) {
        if (!parents || !isOsError(error, 'EEXIST')) throw error;
      }
    }
  }
  return 0;
};

const rm: Program = function* ({ argv }) {
  for (const path of argv.slice(1)) if (path !== '-f') yield* sys.unlink(path);
  return 0;
};

const touch: Program = function* ({ argv }) {
  for (const path of argv.slice(1)) yield* sys.close(yield* sys.open(path, O_WRONLY | O_CREAT, 0o666));
  return 0;
};

const chmod: Program = function* ({ argv }) {
  const mode = argv[1] === '+x' ? 0o755 : Number.parseInt(argv[1]!, 8);
  for (const path of argv.slice(2)) yield* sys.chmod(path, mode);
  return 0;
};

/** Prints what it reads in upper case, and dies of SIGINT as any program: `tr a-z A-Z` for pipes. */
const upper: Program = function* () {
  const reader = new LineReader(0);
  for (let line = yield* reader.nextText(); line !== null; line = yield* reader.nextText()) {
    yield* writeAll(1, `${line.toUpperCase()}\n`);
  }
  return 0;
};

const utilities = { cat, sleep, yes, head, wc, seq, env, mkdir, rm, touch, chmod, upper };

export function shellHost(files: FileTree = {}): TestHost {
  return testHost(
    { ...Object.fromEntries(shellPrograms), ...utilities },
    { files: { '/work': { type: 'dir', mode: 0o777 }, ...files } },
  );
}
