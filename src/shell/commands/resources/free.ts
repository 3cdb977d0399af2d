/** free(1), from /proc/meminfo. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, orNull } from '../support.ts';

/** `1.5Gi`: three characters of the number at least, the largest unit that leaves something before the point. */
function human(kib: number): string {
  const units = ['Ki', 'Mi', 'Gi', 'Ti'];
  let value = kib;
  let unit = 0;
  if (kib === 0) return '0B';
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = value.toFixed(1);
  return `${text.length <= 3 && unit > 0 ? text : Math.floor(value)}${units[unit]}`;
}

export const free: CommandSpec = {
  name: 'free',
  usage: '[OPTION]...',
  summary: 'Tell how much memory is in use.',
  options: [
    { short: 'b', long: 'bytes', help: 'in bytes' },
    { short: 'k', long: 'kibi', help: 'in KiB (default)' },
    { short: 'm', long: 'mebi', help: 'in MiB' },
    { short: 'g', long: 'gibi', help: 'in GiB' },
    { short: 'h', long: 'human', help: 'in units that fit' },
  ],
  *run(parsed) {
    if (parsed.operands.length > 0) throw new UsageError(`bad usage`);
    const bytes = yield* orNull(() => readFile('/proc/meminfo'), 'ENOENT');
    if (bytes === null) {
      yield* complain('free', 'Memory information file /proc/meminfo does not exist');
      return 1;
    }
    const text = decodeUtf8(bytes);
    const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    const divisor = parsed.has('gibi')
      ? 1024 ** 2
      : parsed.has('mebi')
        ? 1024
        : parsed.has('bytes')
          ? 1 / 1024
          : 1;
    const show = (value: number) =>
      parsed.has('human') ? human(value) : String(Math.floor(value / divisor));
    const [total, unused, available] = [kib('MemTotal'), kib('MemFree'), kib('MemAvailable')];
    const cache = kib('Buffers') + kib('Cached');
    const row = (name: string, values: readonly number[]) =>
      `${name.padEnd(8)}${values.map((value) => show(value).padStart(12)).join('')}\n`;
    const head = ['total', 'used', 'free', 'shared', 'buff/cache', 'available'];
    yield* writeAll(
      1,
      `${' '.repeat(8)}${head.map((name) => name.padStart(12)).join('')}\n` +
        row('Mem:', [total, total - available, unused, kib('Shmem'), cache, available]) +
        row('Swap:', [kib('SwapTotal'), kib('SwapTotal') - kib('SwapFree'), kib('SwapFree')]),
    );
    return 0;
  },
};
