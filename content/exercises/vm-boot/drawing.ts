/** A boot chain as lines of text: what is asked in which order, what is found there, the offending step marked. */
import type { Answer } from './answer.ts';
import { type Case, STATES } from './cases.ts';
import { deviceOf, type Expected, entryOf, reasonOf } from './reference.ts';

const MARK = '◀';

/** What fits beside code and terminal without being cut off. */
const WIDTH = 36;

export const hex = (value: number) => `0x${value.toString(16)}`;

/** A step of the chain that is to be looked at: its place in the boot order, −1 for one outside of it, and what is wrong there. */
export interface Note {
  readonly place: number;
  readonly what: string;
}

/** Words in lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** `vdb, disk of 2048 sectors in slot 3: sector 0 ends in aa 55`. */
export function deviceText(tried: Case, name: string): string {
  const device = deviceOf(tried, name);
  if (device === null) return `${name} is not there`;
  return `${name} in slot ${device.slot}: ${foundText(tried, name)}`;
}

/** What whoever asks a device finds. */
function foundText(tried: Case, name: string): string {
  const device = deviceOf(tried, name);
  if (device === null) return 'no such device';
  if (device.kind === 'network')
    return device.link ? 'network card with a cable' : 'network card without a cable';
  const { sectors, state } = device;
  const size = `disk of ${sectors} sector${sectors === 1 ? '' : 's'}`;
  return `${size}, ${STATES[state]}`;
}

/** The chain as it should be followed, up to what is started. */
export function chainText(tried: Case, expected: Expected, note: Note | null): string {
  const { order } = tried;
  const lines = [`boot order: ${order.length === 0 ? 'empty' : order.join(' ')}`];
  for (const [place, name] of order.entries()) {
    const device = deviceOf(tried, name);
    const last = expected.place === place;
    const beyond = expected.place !== null && place > expected.place;
    const bar = place < order.length - 1 ? '│' : ' ';
    const joint = place === 0 ? (order.length === 1 ? '─' : '┬') : place === order.length - 1 ? '┴' : '┼';
    lines.push(`${joint} ${name}${device === null ? '' : `  slot ${device.slot}`}`);
    const add = (text: string) => {
      for (const line of wrap(text, WIDTH - 4)) lines.push(`${bar}   ${line}`);
    };
    add(foundText(tried, name));
    if (beyond) add('not asked any more');
    else if (last) add(`→ started at ${hex(entryOf(tried, device!))}`);
    else add(`→ passed over: ${reasonOf(tried, name)}`);
    if (note?.place === place) add(`${MARK} ${note.what}`);
  }
  const others = tried.devices.filter(({ name }) => !order.includes(name));
  if (others.length > 0) lines.push(`not in the order: ${others.map(({ name }) => name).join(' ')}`);
  if (note?.place === -1) lines.push(`${MARK} ${note.what}`);
  if (expected.place === null) lines.push('→ nothing can be started');
  return lines.join('\n');
}

/** What the machine offers besides its devices. */
export function machineText({ hart, deviceTree, bootAddress }: Case): string {
  return [`hart ${hart}, device tree ${hex(deviceTree)},`, `boot address ${hex(bootAddress)}`].join('\n');
}

export const bytesText = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** What boot gave, and what lies at the boot address then. */
export function answerText({ device, entry, registers, passedOver }: Answer, loaded: string): string {
  const lines = passedOver.map((each) => `${each.device}: passed over: ${each.reason}`);
  if (device === null) lines.push('nothing was started');
  else {
    lines.push(`${device}: starting at ${hex(entry!)}`);
    const { a0, a1, a2 } = registers!;
    lines.push(`a0 ${a0}, a1 ${hex(a1)}, a2 ${a2}`);
  }
  lines.push('at the boot address:', loaded);
  return lines.flatMap((line) => wrap(line, WIDTH)).join('\n');
}
