/** A host's accounts as lines of text that fit beside code and terminal, the offending ones marked. */
import type { VmSpec } from '../../../src/exercise/virtualization.ts';
import { type Act, KIB, PAGE, promised } from './cases.ts';
import type { Accounts, Parts } from './playing.ts';
import type { Books } from './reference.ts';

const MARK = ' ◀';
const WIDTH = 36;

export const hex = (value: number) => `0x${value.toString(16)}`;

/** `1,024`: the same in every locale. */
export const grouped = (value: number) => `${value}`.replace(/\B(?=(\d{3})+$)/g, ',');

/** `1,024 KiB`, or bytes where these are no whole KiB. */
export const sizeText = (bytes: number) =>
  bytes % KIB === 0 ? `${grouped(bytes / KIB)} KiB` : `${grouped(bytes)} bytes`;

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `new: 1,024 KiB, 2 vCPUs, base.raw`. */
export function specText({ name, memory, vcpus, image, mac }: VmSpec): string {
  const address = mac === null ? [] : [mac];
  return `${name}: ${[sizeText(memory), plural(vcpus, 'vCPU'), image, ...address].join(', ')}`;
}

export function actText(act: Act): string {
  switch (act.act) {
    case 'given':
      return `the host has ${specText(act.spec)}`;
    case 'underway':
      return `somebody else has begun to make ${act.name}: its name and memory are taken`;
    case 'remove':
      return `${act.name} is removed`;
    case 'create':
      return `createVm: ${specText(act.spec)}`;
  }
}

/** Key and text of each line about one name's parts. */
function partLines(parts: Parts): [string, string][] {
  const { memory, tables, overlay, mac, devices, vcpus } = parts;
  const lines: [string, string | null][] = [
    ['memory', memory && `${grouped(memory.bytes / PAGE)} frames from ${hex(memory.first)}`],
    ['tables', tables === null ? null : `root in frame ${hex(tables)}`],
    ['overlay', overlay],
    ['MAC', mac],
    ['devices', devices ? 'disk, network card' : null],
    ...vcpus.map(([id, start]): [string, string] => [
      `vCPU ${id}`,
      start === null ? 'waits' : `at ${hex(start.pc)}`,
    ]),
  ];
  return lines.filter((line): line is [string, string] => line[1] !== null);
}

const titleOf = ({ name, running }: Parts) => (running === null ? `${name} (no VM yet)` : name);

const short = (name: string, text: string) => `${name.padEnd(10)}${text}`;

/**
 * The accounts. Names whose parts are the same in `other` are told in one line; `marked` has keys such as `web/MAC`, and when it is left
 * out, everything that `other` has not.
 */
export function accountsText(accounts: Accounts, other: Accounts, marked?: ReadonlySet<string>): string {
  const lines = [short('free', `${grouped(accounts.free)} frames`)];
  const same = (parts: Parts) =>
    other.parts.some((one) => one.name === parts.name && JSON.stringify(one) === JSON.stringify(parts));
  for (const parts of accounts.parts) {
    const offends = (key: string) =>
      marked === undefined ? !hadPart(other, parts, key) : marked.has(`${parts.name}/${key}`);
    const details = partLines(parts);
    if (same(parts) && !details.some(([key]) => offends(key))) {
      lines.push(short(parts.name, `${parts.frames.guest} frames, ${plural(parts.vcpus.length, 'vCPU')}`));
      continue;
    }
    lines.push(titleOf(parts));
    for (const [key, text] of details) lines.push(`  ${key.padEnd(8)}${text}${offends(key) ? MARK : ''}`);
    if (details.length === 0) lines.push(`  ${'name'.padEnd(8)}taken${MARK}`);
  }
  return lines.join('\n');
}

function hadPart(accounts: Accounts, { name }: Parts, key: string): boolean {
  const parts = accounts.parts.find((one) => one.name === name);
  return parts !== undefined && partLines(parts).some(([had]) => had === key);
}

function ledger(rows: readonly (readonly [string, number, boolean?])[], unit: string): string {
  const width = WIDTH - 4;
  const lines = rows.map(([what, value, mark]) => {
    const number = grouped(value);
    return `${what.padEnd(width - number.length)}${number}${mark ? MARK : ''}`;
  });
  return [unit.padStart(width), ...lines].join('\n');
}

/** What all VMs are promised, and what the host has. */
export function memoryText(books: Books, spec: VmSpec): string {
  const rows = [...books.vms, spec].map(
    (vm) => [`${vm.name}, with its tables`, promised(vm.memory), vm === spec] as const,
  );
  const all = rows.reduce((sum, [, bytes]) => sum + bytes, 0);
  return ledger([...rows, ['promised in all', all], ['the host has', books.memory]], 'bytes');
}

export function vcpusText(books: Books, spec: VmSpec, cpus: number, cpuRatio: number): string {
  const rows = [...books.vms, spec].map((vm) => [vm.name, vm.vcpus, vm === spec] as const);
  const all = rows.reduce((sum, [, count]) => sum + count, 0);
  return ledger([...rows, ['in all', all], [`allowed: ${cpus} × ${cpuRatio}`, books.allowed]], 'vCPUs');
}
