/** tar(1). */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  fileTypeOf,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import type { TarEntry } from '../../../oci/index.ts';
import type { CommandSpec } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { compress, NOTHING } from './gzipStream.ts';
import { Comparison } from './tarCompare.ts';
import { ending, Packer, Records } from './tarCreate.ts';
import { Extractor } from './tarExtract.ts';
import { TarInput } from './tarInput.ts';
import { Listing } from './tarListing.ts';
import { Exclusion, SafeNames, shown, Wanted } from './tarNames.ts';
import { tarArguments, tarOptions } from './tarOptions.ts';
import { goTo, settingsOf, TarEnd, type TarSettings } from './tarSettings.ts';

/** The name of -v: alone, or with -vv, and with -t, in full. */
function nameLine(settings: TarSettings, listing: Listing, entry: TarEntry, path: string): string | null {
  const detail = settings.verbose + (settings.operation === 'list' ? 1 : 0);
  if (detail === 0) return null;
  return detail === 1 ? `${shown(path)}\n` : listing.line(entry, path);
}

function* openArchive(settings: TarSettings, flags: number): Sys<Fd> {
  const { archive } = settings;
  if (archive === '-') {
    const writes = settings.operation === 'create';
    const fd = writes ? 1 : 0;
    if ((yield* orNull(() => sys.tcgetattr(fd))) !== null) {
      const action = writes ? 'write archive contents to' : 'read archive contents from';
      throw new TarEnd(`Refusing to ${action} terminal (missing -f option?)`);
    }
    return fd;
  }
  try {
    return yield* sys.open(archive, flags, 0o666);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new TarEnd(`${archive}: Cannot open: ${strerror(error.code)}`);
  }
}

/** -c: everything goes through records into the archive, by way of gzip with -z. */
function* create(settings: TarSettings): Sys<boolean> {
  if (!settings.words.some((word) => word.key === 'file'))
    throw new TarEnd('Cowardly refusing to create an empty archive', 'hint');
  const fd = yield* openArchive(settings, O_WRONLY | O_CREAT | O_TRUNC);
  return yield* write(settings, fd, 0, null);
}

/** Writes entries and the end to `fd`, behind `start` bytes that are there. Returns whether something failed. */
function* write(
  settings: TarSettings,
  fd: Fd,
  start: number,
  times: ReadonlyMap<string, number> | null,
): Sys<boolean> {
  const stat = yield* sys.fstat(fd);
  const listing = new Listing(settings);
  const records = new Records(start);
  let length = start;
  const waiting: Uint8Array[] = [];
  let ended = false;
  const squeezed = settings.gzip
    ? compress(
        function* () {
          return waiting.shift() ?? NOTHING;
        },
        { level: 6, mtime: 0, name: NOTHING },
      )
    : null;
  const put = function* (bytes: Uint8Array): Sys<void> {
    if (squeezed === null) return yield* writeAll(fd, bytes);
    waiting.push(bytes);
    if (!ended) return;
    for (let part = yield* squeezed(); part.length > 0; part = yield* squeezed()) yield* writeAll(fd, part);
  };
  const packer = new Packer(settings, {
    self: fileTypeOf(stat.mode) === 'file' ? stat : null,
    times,
    *entry(entry, name, bytes) {
      length += bytes.length;
      const line = nameLine(settings, listing, entry, name);
      if (line !== null) yield* writeAll(settings.archive === '-' ? 2 : 1, line);
      const whole = records.add(bytes);
      if (whole !== null) yield* put(whole);
    },
  });
  yield* packer.pack();
  ended = true;
  const last = records.add(ending(length));
  yield* put(last ?? NOTHING);
  return packer.failed;
}

/** -r and -u: from where the archive ends. */
function* append(settings: TarSettings): Sys<boolean> {
  if (settings.gzip) throw new TarEnd('Cannot update compressed archives', 'hint');
  const fd = yield* openArchive(settings, O_RDWR | O_CREAT);
  const input = new TarInput(fd, 'auto');
  const times = new Map<string, number>();
  if ((yield* sys.fstat(fd)).size > 0) {
    for (let entry = yield* input.next(); entry !== null; entry = yield* input.next())
      times.set(input.path, entry.mtime);
    if (input.compressed) throw new TarEnd('Cannot update compressed archives');
    if (input.failed) return true;
  }
  yield* sys.lseek(fd, input.end, 'set');
  return yield* write(settings, fd, input.end, settings.operation === 'update' ? times : null);
}

/** The members asked for; each is extracted into the directory that the last -C before it names. */
function* wantedOf(settings: TarSettings): Sys<{ wanted: Wanted[]; directory: string }> {
  const wanted: Wanted[] = [];
  for (const word of settings.words) {
    if (word.key === 'directory' && settings.operation !== 'list') yield* goTo(word.value);
    if (word.key !== 'file') continue;
    const options = { wildcards: settings.wildcards === true, recursive: settings.recursive };
    wanted.push(new Wanted(word.value, yield* sys.getcwd(), options));
  }
  return { wanted, directory: yield* sys.getcwd() };
}

/** -t, -x and -d. */
function* read(settings: TarSettings): Sys<boolean> {
  const fd = yield* openArchive(settings, O_RDONLY);
  const piped = fileTypeOf((yield* sys.fstat(fd)).mode) !== 'file';
  const input = new TarInput(fd, settings.gzip ? 'yes' : piped ? 'no' : 'auto');
  const { wanted, directory } = yield* wantedOf(settings);
  const excluded = settings.words
    .filter((word) => word.key === 'exclude')
    .map((word) => new Exclusion(word.value));
  const listing = new Listing(settings);
  const names = new SafeNames(settings.absolute);
  const extractor = new Extractor(settings);
  const comparison = new Comparison(settings.absolute);
  yield* extractor.start();
  for (let entry = yield* input.next(); entry !== null; entry = yield* input.next()) {
    const { path } = input;
    const match = wanted.find((one) => one.matches(path));
    for (const one of wanted) one.found ||= one.matches(path);
    if (wanted.length > 0 && match === undefined) continue;
    if (excluded.some((exclusion) => exclusion.matches(path))) continue;
    const line = nameLine(settings, listing, entry, path);
    const speaks = settings.operation !== 'extract' || extractor.keeps(path);
    if (line !== null && speaks) yield* writeAll(settings.toStdout ? 2 : 1, line);
    const place = match?.directory ?? directory;
    if (settings.operation === 'list') {
      yield* names.of(path);
      continue;
    }
    yield* sys.chdir(place);
    if (settings.operation === 'extract') yield* extractor.extract(entry, path, place);
    else yield* comparison.compare(entry, path);
  }
  if (settings.operation === 'extract') yield* extractor.finish();
  if (piped) yield* input.drain();
  const missing = yield* tellMissing(settings, wanted);
  if (comparison.differs && !missing && !input.failed) throw new Differs();
  return missing || input.failed || extractor.failed;
}

/** tar -d found differences: that is status 1. */
class Differs extends Error {}

function* tellMissing(settings: TarSettings, wanted: readonly Wanted[]): Sys<boolean> {
  const missing = wanted.filter((one) => !one.found);
  const patterns = missing.some(({ name }) => /[*?[\\]/.test(name));
  if (patterns && settings.wildcards === null) {
    yield* complain('tar', 'Pattern matching characters used in file names');
    yield* complain(
      'tar',
      'Use --wildcards to enable pattern matching, or --no-wildcards to suppress this warning',
    );
  }
  for (const { name } of missing) yield* complain('tar', `${shown(name)}: Not found in archive`);
  return missing.length > 0;
}

function* work(settings: TarSettings): Sys<boolean> {
  switch (settings.operation) {
    case 'create':
      return yield* create(settings);
    case 'append':
    case 'update':
      return yield* append(settings);
    default:
      return yield* read(settings);
  }
}

export const tar: CommandSpec = {
  name: 'tar',
  usage: '[OPTION]... [FILE]...',
  summary: 'Put files into an archive, list an archive, take files out of it.',
  usageStatus: 64,
  rewrite: tarArguments,
  options: tarOptions,
  *run(parsed) {
    try {
      const failed = yield* work(yield* settingsOf(parsed));
      if (failed) yield* complain('tar', 'Exiting with failure status due to previous errors');
      return failed ? 2 : 0;
    } catch (error) {
      if (error instanceof Differs) return 1;
      if (!(error instanceof TarEnd)) throw error;
      const help = "Try 'tar --help' or 'tar --usage' for more information.\n";
      const note = error.note === 'hint' ? help : 'tar: Error is not recoverable: exiting now\n';
      yield* writeAll(2, `${error.before}tar: ${error.message}\n${note}`);
      return 2;
    }
  },
};
