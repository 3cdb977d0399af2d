/**
 * Lines and files as tcpdump has them. `recorded.json` holds what tcpdump 4.99.3 printed for our frames; where tcpdump is installed it
 * is asked again (`VIRTBOOK_RECORD=1` writes the file anew).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../../src/base/index.ts';
import { MemoryStore } from '../../../src/disk/index.ts';
import {
  captureHeader,
  captureRecord,
  FramePrinter,
  type PrinterOptions,
  readCapture,
} from '../../../src/network/index.ts';
import { hasTool, withDiskTools } from '../../support/diskTools.ts';
import {
  conversation,
  dhcpFrames,
  dnsFrames,
  rareFrames,
  type TimedFrame,
} from '../../support/networkFrames.ts';

const FRAMES: readonly TimedFrame[] = [
  ...conversation(),
  ...[...rareFrames(), ...dhcpFrames(), ...dnsFrames()].map((frame) => ({ frame, time: 0 })),
];
const WAYS: readonly (readonly [string, readonly string[], PrinterOptions])[] = [
  ['plain', [], {}],
  ['with -e', ['-e'], { linkLevel: true }],
  ['with -S', ['-S'], { absoluteSequence: true }],
  ['with -v', ['-v'], { verbose: true }],
  ['with -x', ['-x'], { dump: 'x' }],
  ['with -X', ['-X'], { dump: 'X' }],
  ['with -A', ['-A'], { dump: 'A' }],
  ['with -xx', ['-xx'], { dump: 'xx' }],
  ['with -XX', ['-XX'], { dump: 'XX' }],
  ['with -AA', ['-AA'], { dump: 'AA' }],
  ['with -q', ['-q'], { quiet: true }],
  ['with -q and -e', ['-q', '-e'], { quiet: true, linkLevel: true }],
  ['with -q and -v', ['-q', '-v'], { quiet: true, verbose: true }],
];
/** What is dumped byte by byte is short. */
const SHORT = FRAMES.filter(({ frame }) => frame.length < 100);
const framesFor = ({ dump }: PrinterOptions) => (dump === undefined ? FRAMES : SHORT);
const EPOCH = 1_700_000_000;
const RECORDED = new URL('./recorded.json', import.meta.url);

const file = (resolution: 'micro' | 'nano', frames = FRAMES) =>
  concatBytes([
    captureHeader(resolution),
    ...frames.map(({ frame, time }) => captureRecord(frame, time, EPOCH, resolution)),
  ]);

function ours(options: PrinterOptions): string {
  const printer = new FramePrinter(options);
  return framesFor(options)
    .map(({ frame }) => `${printer.line(frame)}\n`)
    .join('');
}

const installed = hasTool('tcpdump');

/** What the real one prints for our file. */
function real(args: readonly string[], resolution: 'micro' | 'nano' = 'micro', frames = FRAMES): string {
  return withDiskTools((tools) => {
    tools.put('frames.pcap', MemoryStore.of(file(resolution, frames)));
    return tools.must('tcpdump', '-n', ...args, '-r', 'frames.pcap').replace(/^reading from file.*\n/m, '');
  });
}

describe.each(WAYS)('%s', (name, args, options) => {
  test('lines are those that tcpdump printed', () => {
    const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Record<string, string>;
    expect(ours(options)).toBe(recorded[name]);
  });

  test.skipIf(!installed)('lines are those that tcpdump prints', () => {
    expect(ours(options)).toBe(real(['-t', ...args], 'micro', framesFor(options)));
  });
});

test.skipIf(!installed)('times are read as they were written, in micro- and in nanoseconds', () => {
  const stamps = (text: string) => [...text.matchAll(/^(\d+\.\d+) /gm)].map((match) => match[1]);
  const seconds = FRAMES.map(({ time }) => EPOCH + Math.floor(time / 1e9));
  const fraction = (time: number, digits: number) =>
    String(time % 1e9)
      .padStart(9, '0')
      .slice(0, digits);
  const expected = (digits: number) =>
    FRAMES.map(({ time }, index) => `${seconds[index]}.${fraction(time, digits)}`);
  expect(stamps(real(['-tt']))).toEqual(expected(6));
  expect(stamps(real(['-tt', '--nano'], 'nano'))).toEqual(expected(9));
});

test('files are read back, of both resolutions and byte orders', () => {
  for (const resolution of ['micro', 'nano'] as const) {
    const { records } = readCapture(file(resolution));
    expect(records.map((record) => record.frame)).toEqual(FRAMES.map(({ frame }) => frame));
    const unit = resolution === 'micro' ? 1000 : 1;
    expect(records.map((record) => Number(record.time - BigInt(EPOCH) * 1_000_000_000n))).toEqual(
      FRAMES.map(({ time }) => Math.floor(time / unit) * unit),
    );
  }
  const little = file('micro').subarray(0, 24 + 16 + FRAMES[0]!.frame.length);
  const big = little.slice();
  for (const [at, size] of [
    [0, 4],
    [4, 2],
    [6, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 4],
    [32, 4],
    [36, 4],
  ] as const)
    big.subarray(at, at + size).reverse();
  expect(readCapture(big)).toEqual(readCapture(little));
});

test('no frame is longer than the file says', () => {
  const bytes = file('micro');
  const read = (snapLength: number) => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setUint32(16, snapLength, true);
    const { snapLength: told, records } = readCapture(changed);
    return { told, longest: Math.max(...records.map(({ frame }) => frame.length)) };
  };
  const longest = Math.max(...FRAMES.map(({ frame }) => frame.length));
  expect(read(40)).toEqual({ told: 40, longest: 40 });
  expect(read(300_000)).toEqual({ told: 300_000, longest });
  for (const none of [0, 2 ** 31]) expect(read(none)).toEqual({ told: 262_144, longest });
});

test('what is no capture, or ends too soon, is said', () => {
  const whole = file('micro');
  expect(() => readCapture(whole.subarray(0, 10))).toThrow('tried to read 24 file header bytes, only got 10');
  expect(() => readCapture(new Uint8Array(24))).toThrow('unknown file format');
  expect(() => readCapture(whole.subarray(0, 30))).toThrow('tried to read 16 header bytes, only got 6');
  expect(() => readCapture(whole.subarray(0, 50))).toThrow('tried to read 42 captured bytes, only got 10');
  const wireless = captureHeader();
  wireless[20] = 105;
  expect(() => readCapture(wireless)).toThrow('link-layer type 105 is not Ethernet');
});

if (process.env['VIRTBOOK_RECORD'] !== undefined)
  writeFileSync(
    RECORDED,
    `${JSON.stringify(Object.fromEntries(WAYS.map(([name, args, options]) => [name, real(['-t', ...args], 'micro', framesFor(options))])), null, 2)}\n`,
  );
