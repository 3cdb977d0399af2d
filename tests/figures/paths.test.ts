/** The ways of a write, of a frame and of a boot: each line was recorded, and the order is that of what happened. */
import { describe, expect, test } from 'vitest';
import {
  type Path,
  recordBoot,
  recordDisk,
  recordFailures,
  recordFrame,
  renderLayers,
  renderStations,
} from '../../src/figures/paths/index.ts';

const disk = recordDisk();
const frame = recordFrame();
const boot = recordBoot();

const places = ({ stations }: Path) => stations.map(({ layer }) => layer);
const lines = ({ stations }: Path) => stations.flatMap(({ recorded }) => recorded);

describe('a write', () => {
  test('goes down to the file and comes back, once for the data and once for the flush', () => {
    const round = ['kernel', 'kernel', 'kernel', 'hypervisor', 'file', 'hypervisor', 'kernel', 'kernel'];
    expect(places(disk)).toEqual(['program', 'kernel', 'program', ...round, ...round]);
  });

  test('only then does the file change, and the flush comes last', () => {
    const written = lines(disk).filter((line) => line.startsWith('db.qcow2'));
    expect(written.filter((line) => line.includes('65536 bytes'))).toHaveLength(2);
    expect(written.at(-1)).toBe('db.qcow2: flush');
  });

  test('the chain has header, data and status, and the sector is the one that was written', () => {
    expect(lines(disk)).toContain('virtq.pop: 528 bytes to read, 1 to write');
    expect(lines(disk)).toContain('block.request: sector 0, 512 bytes, status 0');
  });

  test('each doorbell is one exit', () => {
    const doorbells = lines(disk).filter((line) => line === 'vm.exit: store to QueueNotify');
    expect(doorbells).toHaveLength(lines(disk).filter((line) => line.startsWith('guest: doorbell')).length);
  });
});

describe('a frame', () => {
  test('goes to the other VM alone, and arrives', () => {
    expect(places(frame).slice(0, 8)).toEqual([
      'web1 program',
      'web1',
      'web1',
      'hypervisor',
      'switch',
      'hypervisor',
      'web2',
      'web2 program',
    ]);
    const [passed, dropped] = lines(frame).filter((line) => line.startsWith('switch.frame'));
    expect(passed).toMatch(/to port web2$/);
    expect(dropped).toMatch(/52:54:00:00:00:02 → .*to nobody$/);
    expect(lines(frame)).toContainEqual(expect.stringMatching(/^10\.0\.0\.1:\d+: hello$/));
  });
});

describe('a boot', () => {
  test('passes the empty disk over and goes from the firmware by the loader and the kernel to process 1', () => {
    expect([...new Set(places(boot))]).toEqual(['firmware', 'loader', 'kernel', 'process']);
    expect(lines(boot)).toContainEqual(expect.stringMatching(/^vda: passed over: no boot signature/));
    expect(lines(boot)).toContain('web1 login: ');
  });

  test('reads more of the disk and executes more from station to station', () => {
    const counts = lines(boot)
      .filter((line) => line.startsWith('so far'))
      .map((line) => line.match(/\d[\d,]*/g)!.map((count) => Number(count.replaceAll(',', ''))));
    expect(counts).toHaveLength(boot.stations.length);
    for (const [index, [instructions = 0, bytes = 0]] of counts.entries()) {
      if (index === 0) continue;
      expect(instructions).toBeGreaterThan(counts[index - 1]![0]!);
      expect(bytes).toBeGreaterThanOrEqual(counts[index - 1]![1]!);
    }
    // Two boot sectors: one without the signature, one with it.
    expect(counts[0]![1]).toBe(512);
    expect(counts[1]![1]).toBe(1024);
  });

  test('ends where the missing link is needed, and says what is missing', () => {
    const last = recordFailures().map((failed) => failed.lines.join('\n'));
    expect(last).toEqual([
      expect.stringMatching(/no boot signature[\s\S]*No bootable device/),
      expect.stringMatching(/there is no file \/vmlinux-6\.9/),
      expect.stringMatching(/cannot open root device "\/dev\/vdc1"[\s\S]*vda1[\s\S]*unable to mount root/),
      expect.stringMatching(/virtio_blk is not in the initramfs[\s\S]*unable to mount root/),
    ]);
  });
});

test('all are the same each time', () => {
  expect(recordDisk()).toEqual(disk);
  expect(recordFrame()).toEqual(frame);
  expect(recordBoot()).toEqual(boot);
});

test.each([
  ['disk', disk],
  ['frame', frame],
  ['boot', boot],
] as const)('as HTML: %s', (_, path) => {
  expect(renderStations(path)).toHaveLength(path.stations.length);
  for (const [index] of path.stations.entries()) expect(renderLayers(path)).toContain(`data-at="${index}"`);
});
