/** mount(8), umount(8), df(1), chroot(1), unshare(1), nsenter(1), sync(1). */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  MNT_DETACH,
  MS_BIND,
  MS_MOVE,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { humanSize } from '../files/ls.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { runChild, runFound } from '../processes/running.ts';
import { attempt, complain, linesOf } from '../support.ts';

interface MountLine {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

function* mounted(): Sys<MountLine[]> {
  const plain = (text = '') =>
    text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return linesOf(decodeUtf8(yield* readFile('/proc/self/mounts'))).map((line) => {
    const [source, target, type = '', options = ''] = line.split(' ');
    return { source: plain(source), target: plain(target), type, options };
  });
}

/** Option words that are flags of mount(2). */
const flagWords: Record<string, number> = {
  ro: MS_RDONLY,
  rw: 0,
  bind: MS_BIND,
  rbind: MS_BIND | MS_REC,
  remount: MS_REMOUNT,
  move: MS_MOVE,
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  defaults: 0,
  relatime: 0,
};

export const mount: CommandSpec = {
  name: 'mount',
  usage: '[-t TYPE] [-o OPTIONS] SOURCE DIRECTORY',
  summary: 'Mount a file system, or show what is mounted.',
  options: [
    { short: 't', long: 'types', argument: 'TYPE', help: 'type of the file system' },
    { short: 'o', long: 'options', argument: 'LIST', help: 'options, separated by commas' },
    { short: 'r', long: 'read-only', help: 'as -o ro' },
    { short: 'B', long: 'bind', help: 'show a directory in a second place' },
    { short: 'R', long: 'rbind', help: 'with what is mounted below it' },
    { short: 'M', long: 'move', help: 'move a mount' },
    { long: 'make-private', help: 'no propagation, as always here' },
    { long: 'make-rprivate', help: 'likewise, with all below' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0 && parsed.order.every((key) => key === 'types')) {
      const type = parsed.value('types');
      const lines = (yield* mounted()).filter((line) => type === null || line.type === type);
      yield* writeAll(
        1,
        lines
          .map((line) => `${line.source} on ${line.target} type ${line.type} (${line.options})\n`)
          .join(''),
      );
      return 0;
    }
    let flags = 0;
    const data: string[] = [];
    for (const word of parsed.values('options').flatMap((list) => list.match(/(?:\\.|[^,\\])+/g) ?? [])) {
      const flag = flagWords[word];
      if (flag === undefined) data.push(word);
      else flags |= flag;
    }
    if (parsed.has('read-only')) flags |= MS_RDONLY;
    if (parsed.has('bind')) flags |= MS_BIND;
    if (parsed.has('rbind')) flags |= MS_BIND | MS_REC;
    if (parsed.has('move')) flags |= MS_MOVE;
    if (parsed.has('make-private') || parsed.has('make-rprivate')) flags |= MS_PRIVATE;
    const alone = (flags & (MS_REMOUNT | MS_PRIVATE)) !== 0;
    const [source = 'none', target = alone ? source : undefined] = parsed.operands;
    if (target === undefined) throw new UsageError('bad usage');
    try {
      yield* sys.mount(source, target, parsed.value('types') ?? 'none', flags, data.join(','));
      return 0;
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* complain('mount', `${target}: ${explain(error.code, source, parsed.value('types'))}`);
      return 32;
    }
  },
};

function explain(code: Parameters<typeof strerror>[0], source: string, type: string | null): string {
  if (code === 'EPERM') return 'must be superuser to use mount.';
  if (code === 'ENODEV') return `unknown filesystem type '${type}'.`;
  if (code === 'ENOENT') return 'mount point does not exist.';
  if (code === 'EINVAL')
    return `wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.`;
  return `mount(2) system call failed: ${strerror(code)}.`;
}

export const umount: CommandSpec = {
  name: 'umount',
  usage: '[-l] DIRECTORY...',
  summary: 'Take mounted file systems away.',
  options: [{ short: 'l', long: 'lazy', help: 'even when in use: it goes from sight at once' }],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('bad usage');
    let status = 0;
    for (const target of parsed.operands) {
      try {
        yield* sys.umount(target, parsed.has('lazy') ? MNT_DETACH : 0);
      } catch (error) {
        if (!isOsError(error)) throw error;
        const why =
          error.code === 'EINVAL'
            ? 'not mounted.'
            : error.code === 'EBUSY'
              ? 'target is busy.'
              : error.code === 'ENOENT'
                ? 'no mount point specified.'
                : error.code === 'EPERM'
                  ? 'must be superuser to unmount.'
                  : strerror(error.code);
        yield* complain('umount', `${target}: ${why}`);
        status = 32;
      }
    }
    return status;
  },
};

export const df: CommandSpec = {
  name: 'df',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show how full file systems are.',
  options: [
    { short: 'h', long: 'human-readable', help: 'sizes as 1K 234M 2G' },
    { short: 'T', long: 'print-type', help: 'the type too' },
    { short: 'a', long: 'all', help: 'file systems without blocks too' },
  ],
  *run(parsed) {
    const human = parsed.has('human-readable');
    const rows: string[][] = [];
    const lines = yield* mounted();
    let status = 0;
    for (const path of parsed.operands.length === 0 ? lines.map((line) => line.target) : parsed.operands) {
      const good = yield* attempt('df', path, function* () {
        const { type, blockSize, blocks, blocksFree } = yield* sys.statfs(path);
        if (blocks === 0 && !parsed.has('all') && parsed.operands.length === 0) return;
        const line = lines.findLast(
          ({ target }) => path === target || path.startsWith(target === '/' ? '/' : `${target}/`),
        );
        const size = (count: number) =>
          human ? humanSize(count * blockSize) : `${Math.floor((count * blockSize) / 1024)}`;
        const used = blocks - blocksFree;
        const percent = blocks === 0 ? '-' : `${Math.ceil((100 * used) / blocks)}%`;
        rows.push([
          line?.source ?? type,
          ...(parsed.has('print-type') ? [type] : []),
          size(blocks),
          size(used),
          size(blocksFree),
          percent,
          line?.target ?? path,
        ]);
      });
      if (!good) status = 1;
    }
    const head = [
      'Filesystem',
      ...(parsed.has('print-type') ? ['Type'] : []),
      human ? 'Size' : '1K-blocks',
      'Used',
      human ? 'Avail' : 'Available',
      'Use%',
      'Mounted on',
    ];
    const all = [head, ...rows];
    const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
    const left = parsed.has('print-type') ? 2 : 1;
    yield* writeAll(
      1,
      all
        .map(
          (row) =>
            `${row.map((cell, i) => (i === row.length - 1 ? cell : i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' ')}\n`,
        )
        .join(''),
    );
    return status;
  },
};

export const sync: CommandSpec = {
  name: 'sync',
  usage: '',
  summary: 'Write what is buffered to disk.',
  options: [],
  *run() {
    yield* sys.sync();
    return 0;
  },
};

export const chroot: CommandSpec = {
  name: 'chroot',
  usage: 'NEWROOT [COMMAND [ARG]...]',
  summary: 'Run COMMAND with another root directory.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [],
  *run(parsed, { env }) {
    const [root, ...argv] = parsed.operands;
    if (root === undefined) throw new UsageError('missing operand');
    const good = yield* attempt('chroot', `cannot change root directory to '${root}'`, function* () {
      yield* sys.chroot(root);
      yield* sys.chdir('/');
    });
    return good ? yield* runFound('chroot', argv.length === 0 ? ['/bin/sh', '-i'] : argv, env) : 125;
  },
};

const namespaceOptions = [
  { short: 'm', long: 'mount', help: 'mount namespace' },
  { short: 'u', long: 'uts', help: 'uts namespace' },
  { short: 'p', long: 'pid', help: 'pid namespace' },
  { short: 'n', long: 'net', help: 'network namespace' },
];

function namespaceFlags(has: (key: string) => boolean): number {
  return (
    (has('mount') ? CLONE_NEWNS : 0) |
    (has('uts') ? CLONE_NEWUTS : 0) |
    (has('pid') ? CLONE_NEWPID : 0) |
    (has('net') ? CLONE_NEWNET : 0)
  );
}

export const unshare: CommandSpec = {
  name: 'unshare',
  usage: '[OPTION]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND in new namespaces.',
  operandsEndOptions: true,
  options: [
    ...namespaceOptions,
    { short: 'f', long: 'fork', help: 'as a child, which a pid namespace needs' },
    { long: 'mount-proc', help: 'with its own /proc' },
  ],
  *run(parsed, { env }) {
    const proc = parsed.has('mount-proc');
    const good = yield* attempt('unshare', 'unshare failed', () =>
      sys.unshare(namespaceFlags((key) => parsed.has(key)) | (proc ? CLONE_NEWNS : 0)),
    );
    if (!good) return 1;
    const argv = parsed.operands.length === 0 ? [env.get('SHELL') ?? '/bin/sh'] : parsed.operands;
    const start = function* (): Sys<number> {
      if (proc) yield* sys.mount('proc', '/proc', 'proc', 0, '');
      return yield* runFound('unshare', argv, env);
    };
    if (!parsed.has('fork')) return yield* start();
    const { state } = yield* sys.wait4(yield* sys.fork(start));
    return state.kind === 'exited' ? state.code : 1;
  },
};

export const nsenter: CommandSpec = {
  name: 'nsenter',
  usage: '-t PID [OPTION]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND in the namespaces of another process.',
  operandsEndOptions: true,
  options: [
    { short: 't', long: 'target', argument: 'PID', help: 'the process' },
    { short: 'a', long: 'all', help: 'all its namespaces' },
    ...namespaceOptions,
  ],
  *run(parsed, { env }) {
    const pid = Number(parsed.value('target') ?? Number.NaN);
    if (Number.isNaN(pid)) throw new UsageError('no target PID specified');
    const flags = namespaceFlags((key) => parsed.has('all') || parsed.has(key));
    const good = yield* attempt('nsenter', `cannot enter the namespaces of ${pid}`, () =>
      sys.setns(pid, flags),
    );
    return good
      ? yield* runChild('nsenter', parsed.operands.length === 0 ? ['/bin/sh'] : parsed.operands, env)
      : 1;
  },
};
