/** df(1), chroot(1), sync(1). */
import { sys, writeAll } from '../../../linux/index.ts';
import { humanSize } from '../files/ls.ts';
import { canonical } from '../files/paths.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { failedTo, runFound } from '../processes/running.ts';
import { attempt, complain, orNull } from '../support.ts';
import { mounted } from './mountLines.ts';

/** Room that a column has at least, whatever is in it: as coreutils'. */
function leastWidth(title: string): number {
  if (title === 'Filesystem') return 14;
  if (title === 'Mounted on') return 0;
  return title === 'Type' || title.endsWith('%') ? 4 : 5;
}

export const df: CommandSpec = {
  name: 'df',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show how full file systems are.',
  options: [
    { short: 'h', long: 'human-readable', help: 'sizes as 1K 234M 2G' },
    { short: 'i', long: 'inodes', help: 'inodes instead of blocks' },
    { short: 'T', long: 'print-type', help: 'the type too' },
    { short: 'a', long: 'all', help: 'file systems without blocks too' },
  ],
  *run(parsed) {
    const human = parsed.has('human-readable');
    const inodes = parsed.has('inodes');
    const rows: string[][] = [];
    const lines = yield* orNull(() => mounted(), 'ENOENT');
    if (lines === null) {
      yield* complain('df', 'cannot read table of mounted file systems: No such file or directory');
      return 1;
    }
    let status = 0;
    for (const path of parsed.operands.length === 0 ? lines.map((line) => line.target) : parsed.operands) {
      const good = yield* attempt('df', path, function* () {
        const { type, blockSize, blocks, blocksFree, files, filesFree } = yield* sys.statfs(path);
        if (blocks === 0 && !parsed.has('all') && parsed.operands.length === 0) return;
        const full = (yield* canonical(path)) ?? path;
        const around = lines.filter(
          ({ target }) => full === target || full.startsWith(target === '/' ? '/' : `${target}/`),
        );
        const longest = Math.max(...around.map(({ target }) => target.length));
        const line = around.findLast(({ target }) => target.length === longest);
        const [total, free] = inodes ? [files, filesFree] : [blocks, blocksFree];
        const unit = inodes ? 1 : blockSize;
        const size = (count: number) =>
          human ? humanSize(count * unit) : `${inodes ? count : Math.floor((count * unit) / 1024)}`;
        const used = total - free;
        const percent = total === 0 ? '-' : `${Math.ceil((100 * used) / total)}%`;
        rows.push([
          line?.source ?? type,
          ...(parsed.has('print-type') ? [type] : []),
          size(total),
          size(used),
          size(free),
          percent,
          line?.target ?? path,
        ]);
      });
      if (!good) status = 1;
    }
    const head = [
      'Filesystem',
      ...(parsed.has('print-type') ? ['Type'] : []),
      ...(inodes
        ? ['Inodes', 'IUsed', 'IFree', 'IUse%']
        : [human ? 'Size' : '1K-blocks', 'Used', human ? 'Avail' : 'Available', 'Use%']),
      'Mounted on',
    ];
    const all = [head, ...rows];
    const widths = head.map((_, i) => Math.max(leastWidth(head[i]!), ...all.map((row) => row[i]!.length)));
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
    return good
      ? yield* runFound('chroot', argv.length === 0 ? ['/bin/sh', '-i'] : argv, env, failedTo)
      : 125;
  },
};
