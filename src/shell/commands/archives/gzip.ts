/** gzip(1), gunzip(1), zcat(1). */
import type { Sys } from '../../../linux/index.ts';
import type { CommandSpec, OptionSpec, Parsed } from '../options.ts';
import { complain } from '../support.ts';
import { GzipRun, type GzipSettings } from './gzipFile.ts';
import { listTotals } from './gzipListing.ts';

const levels: readonly OptionSpec[] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => ({
  short: `${level}`,
  ...(level === 1 && { long: 'fast' }),
  ...(level === 9 && { long: 'best' }),
  help: level === 1 ? 'compress faster' : level === 9 ? 'compress better' : `level ${level} of 9`,
}));

const options: readonly OptionSpec[] = [
  { short: 'c', long: 'stdout', help: 'write to standard output, keep the files' },
  { long: 'to-stdout', help: 'as --stdout' },
  { short: 'd', long: 'decompress', help: 'expand' },
  { long: 'uncompress', help: 'as --decompress' },
  { short: 'f', long: 'force', help: 'overwrite files, and compress links' },
  { short: 'k', long: 'keep', help: 'keep the files' },
  { short: 'l', long: 'list', help: 'show sizes' },
  { short: 'n', long: 'no-name', help: 'leave out name and time' },
  { short: 'N', long: 'name', help: 'keep, or take, name and time' },
  { short: 'q', long: 'quiet', help: 'no warnings' },
  { short: 'r', long: 'recursive', help: 'go into directories' },
  { short: 'S', long: 'suffix', argument: 'SUF', help: 'use SUF instead of .gz' },
  { short: 't', long: 'test', help: 'test the data' },
  { short: 'v', long: 'verbose', help: 'tell what is done' },
  ...levels,
];

const levelOf = (key: string) =>
  key === 'fast' ? 1 : key === 'best' ? 9 : /^[1-9]$/.test(key) ? Number(key) : null;

function settingsOf(parsed: Parsed, preset: Partial<GzipSettings>): GzipSettings {
  const has = (...keys: string[]) => keys.some((key) => parsed.has(key));
  const expand = preset.mode === 'expand' || has('decompress', 'uncompress');
  const mode = has('list') ? 'list' : has('test') ? 'test' : expand ? 'expand' : 'compress';
  const naming = parsed.order.filter((key) => key === 'name' || key === 'no-name').at(-1);
  return {
    mode,
    toStdout: preset.toStdout === true || has('stdout', 'to-stdout'),
    keep: has('keep'),
    force: has('force'),
    recursive: has('recursive'),
    quiet: has('quiet') && !has('verbose'),
    verbose: has('verbose'),
    names: naming === undefined ? mode === 'compress' : naming === 'name',
    level: parsed.order.map(levelOf).findLast((level) => level !== null) ?? 6,
    suffix: parsed.value('suffix') ?? '.gz',
  };
}

function* run(parsed: Parsed, preset: Partial<GzipSettings>): Sys<number> {
  const settings = settingsOf(parsed, preset);
  if (settings.suffix === '' || settings.suffix.length > 30) {
    yield* complain('gzip', `invalid suffix '${settings.suffix}'`);
    return 1;
  }
  const gzip = new GzipRun(settings);
  const files = parsed.operands.length === 0 ? ['-'] : parsed.operands;
  for (const file of files) {
    if (file === '-') yield* gzip.stdin();
    else yield* gzip.file(file);
  }
  if (settings.mode === 'list' && !settings.quiet) yield* listTotals(gzip.totals, settings.verbose);
  return gzip.status;
}

/** gunzip and zcat are gzip under another name, and their messages say `gzip`. */
function spec(name: string, summary: string, preset: Partial<GzipSettings>): CommandSpec {
  return {
    name,
    usage: '[OPTION]... [FILE]...',
    summary,
    options,
    run: (parsed) => run(parsed, preset),
  };
}

export const gzip = spec('gzip', 'Compress FILEs, each into one of its own with .gz behind the name.', {});
export const gunzip = spec('gunzip', 'Expand FILEs that gzip compressed.', { mode: 'expand' });
export const zcat = spec('zcat', 'Write what compressed FILEs hold to standard output.', {
  mode: 'expand',
  toStdout: true,
});
