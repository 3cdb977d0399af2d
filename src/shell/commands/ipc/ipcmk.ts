/** ipcmk(1) of util-linux. */
import { isOsError, strerror } from '../../../base/index.ts';
import { IPC_CREAT, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { Failed, reporting } from '../namespaces/starting.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';

const units = 'KMGTPEZY';

function sizeOf(text: string): number {
  const [, digits, unit, binary] = /^(\d+)([KMGTPEZY])?(iB|B)?$/i.exec(text) ?? [];
  if (digits === undefined) throw new Failed(`failed to parse size: '${text}': ${strerror('EINVAL')}`);
  const power = unit === undefined ? 0 : units.indexOf(unit.toUpperCase()) + 1;
  return Number(digits) * (binary?.toUpperCase() === 'B' ? 1000 : 1024) ** power;
}

/** At random, as ftok(3) has no file to go by. */
function* randomKey(): Sys<number> {
  const bytes = yield* sys.getrandom(4);
  return bytes.reduce((key, byte) => key * 256 + byte, 0);
}

function* make(what: string, body: (key: number) => Sys<number>): Sys<number> {
  try {
    return yield* body(yield* randomKey());
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failed(`create ${what} failed: ${strerror(error.code)}`);
  }
}

function* run(parsed: Parsed): Sys<number> {
  const [size, count] = [parsed.value('shmem'), parsed.value('semaphore')];
  if (size === null && count === null && !parsed.has('queue')) throw new UsageError('bad usage');
  const text = parsed.value('mode') ?? '644';
  if (!/^[0-7]+$/.test(text)) throw new Failed('failed to parse mode: Success');
  const flags = (Number.parseInt(text, 8) & 0o777) | IPC_CREAT;
  if (size !== null) {
    const bytes = sizeOf(size);
    const id = yield* make('share memory', (key) => sys.shmget(key, bytes, flags));
    yield* writeAll(1, `Shared memory id: ${id}\n`);
  }
  if (parsed.has('queue')) {
    const id = yield* make('message queue', (key) => sys.msgget(key, flags));
    yield* writeAll(1, `Message queue id: ${id}\n`);
  }
  if (count !== null) {
    if (!/^\d+$/.test(count)) throw new Failed(`failed to parse elements: '${count}'`);
    const id = yield* make('semaphore', (key) => sys.semget(key, Number(count), flags));
    yield* writeAll(1, `Semaphore id: ${id}\n`);
  }
  return 0;
}

export const ipcmk: CommandSpec = {
  name: 'ipcmk',
  usage: '[OPTION]...',
  summary: 'Create various IPC resources.',
  options: [
    { short: 'M', long: 'shmem', argument: 'SIZE', help: 'create shared memory segment of size SIZE' },
    {
      short: 'S',
      long: 'semaphore',
      argument: 'NUMBER',
      help: 'create semaphore array with NUMBER elements',
    },
    { short: 'Q', long: 'queue', help: 'create message queue' },
    { short: 'p', long: 'mode', argument: 'MODE', help: 'permission for the resource (default is 0644)' },
  ],
  *run(parsed) {
    return yield* reporting('ipcmk', () => run(parsed));
  },
};
