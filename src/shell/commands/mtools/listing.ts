/** mdir(1): what a directory of a FAT file system holds. */
import { type FatEntry, isDiskError } from '../../../disk/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { calendar, complain, joinPath, pad } from '../support.ts';
import { DRIVE, drivePath, IMAGE, mtoolsStatus, openVolume, type Volume } from './volume.ts';

/** Groups of three digits, with spaces between. */
const grouped = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');

function entryLine({ name, shortName, directory, size, seconds }: FatEntry): string {
  const isShort = name.toLowerCase() === shortName.toLowerCase();
  const shown = isShort ? name : shortName;
  const dot = /^\.+$/.test(shown) ? -1 : shown.lastIndexOf('.');
  const [base, extension] = dot < 0 ? [shown, ''] : [shown.slice(0, dot), shown.slice(dot + 1)];
  const { year, month, day, hour, minute } = calendar(seconds);
  const kind = directory ? ' <DIR>    ' : String(size).padStart(10);
  const when = `${year}-${pad(month)}-${pad(day)} ${String(hour).padStart(3)}:${pad(minute)}`;
  return `${base.padEnd(8)} ${extension.padEnd(3)}${kind} ${when} ${isShort ? '' : ` ${name}`}\n`;
}

function shownIn(volume: Volume, path: string, found: FatEntry | null): FatEntry[] {
  if (found !== null && !found.directory) return [found];
  const entries = volume.fs.list(path);
  if (found === null) return entries;
  const dots = ['.', '..'].map((name) => ({ ...found, name, shortName: name }));
  return [...dots, ...entries];
}

function* list(volume: Volume, operand: string, bare: boolean): Sys<boolean> {
  const path = drivePath(operand);
  let found: FatEntry | null;
  try {
    found = path === '/' ? null : volume.fs.find(path);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    found = null;
  }
  if (found === null && path !== '/') {
    yield* complain('mdir', `File "${operand}" not found`);
    return false;
  }
  const entries = shownIn(volume, path, found);
  if (bare) {
    const directory = found === null || found.directory ? path : path.slice(0, path.lastIndexOf('/')) || '/';
    const lines = entries
      .filter(({ name }) => !/^\.+$/.test(name))
      .map((entry) => `${DRIVE}${joinPath(directory, entry.name)}${entry.directory ? '/' : ''}\n`);
    yield* writeAll(1, lines.join(''));
    return true;
  }
  const directory = found === null || found.directory ? path : path.slice(0, path.lastIndexOf('/')) || '/';
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  const serial = volume.serial.toString(16).toUpperCase().padStart(8, '0');
  const label =
    volume.label === '' || volume.label === 'NO NAME' ? 'has no label' : `is ${volume.label.padEnd(11)}`;
  const files = `${String(entries.length).padStart(9)} file${entries.length === 1 ? ' ' : 's'}`;
  yield* writeAll(
    1,
    ` Volume in drive : ${label}\n Volume Serial Number is ${serial.slice(0, 4)}-${serial.slice(4)}\nDirectory for ${DRIVE}${directory}\n\n` +
      entries.map(entryLine).join('') +
      `${files}${grouped(bytes).padStart(20)} bytes\n${grouped(volume.fs.space().free).padStart(35)} bytes free\n\n`,
  );
  return true;
}

export const mdir: CommandSpec = {
  name: 'mdir',
  usage: '-i FILE[@@OFFSET] [-b] [::DIRECTORY]...',
  summary: 'List a directory of a FAT file system in a disk image.',
  options: [IMAGE, { short: 'b', help: 'names alone, a line each' }],
  run: (parsed) =>
    mtoolsStatus(function* () {
      const volume = yield* openVolume(parsed, false);
      let good = true;
      for (const operand of parsed.operands.length === 0 ? [DRIVE] : parsed.operands)
        good = (yield* list(volume, operand, parsed.has('b'))) && good;
      yield* volume.settle();
      return good ? 0 : 1;
    }),
};
