/**
 * vm-disk-write: the reference model that judges a learner, and the hypervisor's own back end, were written apart; they have to agree on the
 * cases that learners are judged by. And the learner's code really is the back end of a running VM's disk.
 */
import { describe, expect, test } from 'vitest';
import {
  type Case,
  EXAMPLES,
  FAULTS,
  type Fault,
  isAtEnd,
  randomCase,
  type Topic,
} from '../../content/exercises/vm-disk-write/cases.ts';
import { layOut, Machine, usedElement, usedIndex } from '../../content/exercises/vm-disk-write/machine.ts';
import { expect as expected } from '../../content/exercises/vm-disk-write/reference.ts';
import { decodeUtf8, MILLISECOND, OsError, Random, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { replay, runCheck, Session } from '../../src/exercise/index.ts';
import { ownService, type ServiceImage, type ServiceMemory } from '../../src/hypervisor/index.ts';

const TOPICS = (Object.keys(EXAMPLES) as Topic[]).filter((topic) => topic !== 'hostile');

function serviceMemory(machine: Machine): ServiceMemory {
  const load = (address: number, size: number) =>
    machine.read(address, size).reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  const store = (address: number, size: number, value: number) =>
    machine.write(
      address,
      Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i))),
    );
  return {
    read8: (address) => load(address, 1),
    read16: (address) => load(address, 2),
    read32: (address) => load(address, 4),
    write8: (address, value) => store(address, 1, value),
    write16: (address, value) => store(address, 2, value),
    write32: (address, value) => store(address, 4, value),
    read: (address, length) => machine.read(address, length),
    write: (address, bytes) => machine.write(address, bytes),
  };
}

/** The disk as the hypervisor's own back end meets it: it refuses by itself what is not there. */
function serviceImage(machine: Machine, { sectors, readOnly }: Case): ServiceImage {
  const inside = (sector: number, count: number) => {
    if (sector + count > sectors) throw new OsError('EIO');
  };
  return {
    sectors,
    readOnly,
    read(sector, count) {
      inside(sector, count);
      return machine.disk.read(sector, count);
    },
    write(sector, bytes) {
      inside(sector, bytes.length / 512);
      if (readOnly) throw new OsError('EROFS');
      machine.disk.write(sector, bytes);
    },
    flush: () => machine.disk.flush(),
  };
}

function playOwn(tried: Case) {
  const laid = layOut(tried);
  const machine = new Machine(laid, tried.broken);
  const queue = { ...laid.queue, nextAvailable: tried.start, nextUsed: tried.start };
  const { interrupt } = ownService(queue, serviceMemory(machine), serviceImage(machine, tried));
  return { laid, machine, interrupt };
}

describe('the reference model and the hypervisor’s own back end agree', () => {
  test.each(TOPICS)('on every answer of the cases of “%s”', (topic) => {
    const random = Random.fromSeed(`own/${topic}`);
    const cases = [...EXAMPLES[topic], ...Array.from({ length: 60 }, () => randomCase(random, topic))];
    for (const tried of cases) {
      const { laid, machine, interrupt } = playOwn(tried);
      const wanted = expected(tried, laid);
      const about = JSON.stringify(tried);
      expect(interrupt, about).toBe(wanted.interrupt);
      expect(usedIndex(machine.ram), about).toBe((tried.start + tried.requests.length) & 0xffff);
      expect(machine.image, about).toEqual(wanted.image);
      for (const [number, answer] of wanted.answers.entries()) {
        expect(answer.lengths, about).toContain(usedElement(machine.ram, tried, number).length);
        const writable = laid.chains[number]!.descriptors.filter(({ flags }) => (flags & 2) !== 0);
        const bytes = writable.flatMap(({ address, length }) => [...machine.read(address, length)]);
        expect(bytes.at(-1), about).toBe(answer.status);
        expect(bytes.slice(0, answer.data.length), about).toEqual([...answer.data]);
      }
    }
  });

  test.each(Object.keys(FAULTS) as Fault[])('that a chain is broken: %s', (fault) => {
    const tried = EXAMPLES.hostile.filter(({ requests }) =>
      requests.some((request) => request.fault === fault),
    );
    expect(tried.length).toBeGreaterThan(0);
    for (const each of tried) {
      expect(expected(each, layOut(each)).answers[0]!.status).toBeNull();
      expect(() => playOwn(each)).toThrow();
    }
  });
});

const loaded = loadExercise('vm-disk-write');

describe('what the check on the rings says of a failure fits it', () => {
  test.each([
    ['wrong/index-before-the-rest', /The used index says that everything before it is there/],
    ['silent', /An interrupt tells the driver that chains came back/],
  ])('%s', async (which, misconception) => {
    const { exercise, files } = await loaded;
    const file = (folder: string) => files[`${folder}/virtio-blk.ts`]!;
    const code =
      which === 'silent'
        ? file('solution').replace('return index !== first', 'return index === first')
        : file(which);
    const check = exercise.checks.find(({ id }) => id === 'ring')!;
    const { feedback } = await runCheck(exercise, check, { 'virtio-blk.ts': code }, 'rings', await sandbox());
    expect(feedback?.misconception).toMatch(misconception);
    expect(feedback?.next).not.toContain('Play the doorbell');
  });
});

const IMAGE = '/var/lib/libvirt/images/lab.img';

async function play() {
  const { exercise, files } = await loaded;
  let printed = '';
  const session = await Session.start({
    exercise,
    seed: 'disk',
    sandbox,
    onOutput: (_, bytes) => {
      printed += decodeUtf8(bytes);
    },
  });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 80 });
  session.advance(300 * MILLISECOND);
  const type = (line: string, time = 400 * MILLISECOND): string => {
    const before = printed.length;
    session.input(terminal, `${line}\r`);
    session.advance(time);
    return printed.slice(before);
  };
  return {
    session,
    type,
    login() {
      type('virsh console db');
      type('');
      return type('root');
    },
    leave: () => type('\x1d'),
    powerCycle() {
      type('host power-cycle', 2 * SECOND);
      return type('');
    },
    holds: (id: string) => session.goals().find((goal) => goal.id === id)!.holds,
    sector(number: number) {
      const bytes = session.world.host('bluebox').view.readFile(IMAGE)!;
      return decodeUtf8(bytes.subarray(512 * number, 512 * (number + 1))).replace(/\0+$/, '');
    },
    file: (path: string) => files[path]!,
  };
}

test('no two requests of a drawn case share the end of memory, where one’s data would lie over the other’s', () => {
  const random = Random.fromSeed('the end');
  const atEnd = Array.from(
    { length: 2000 },
    () => randomCase(random, 'hostile').requests.filter(isAtEnd).length,
  );
  expect(Math.max(...atEnd)).toBe(1);
});

describe('the learner’s code is the back end of vdb', () => {
  test('what the guest writes goes through it, into the image, and comes back; what it does wrong is told, and harms nobody', async () => {
    const { session, type, login, sector, file } = await play();
    expect(login()).toContain('Welcome to db');
    type('write /note.txt "from the guest"');
    expect(type('dd if=/note.txt of=/dev/vdb seek=3')).toContain('Input/output error');
    await session.saveFile('virtio-blk.ts', file('solution/virtio-blk.ts'));
    expect(type('dd if=/note.txt of=/dev/vdb seek=4')).toContain('15 bytes copied');
    expect([sector(3), sector(4)]).toEqual(['', 'from the guest\n']);

    const throwing = 'export function service() {\n  throw new Error("too early");\n}\n';
    for (const [code, told] of [
      [throwing, /\[your code\] service: threw Error: too early \(virtio-blk.ts, line 2\)/],
      ['export function service() { for (;;) {} }', /service: it does not come to an end/],
      ['export function service( {', /the code does not run yet/],
      ['export function service() { return true; }', /1 of 1 chains did not come back/],
    ] as const) {
      await session.saveFile('virtio-blk.ts', code);
      const shown = type(`dd if=/dev/vdb skip=${8 + sector.length + code.length} count=1`);
      expect(shown).toMatch(told);
      expect(shown).toContain('Input/output error');
    }
    const silent = file('solution/virtio-blk.ts').replace('return index !== first', 'return index === first');
    await session.saveFile('virtio-blk.ts', silent);
    const shown = type('dd if=/dev/vdb skip=5 count=1');
    expect(shown).toContain('gave false, but the guest waits for an interrupt');
    expect(shown).toContain('512 bytes copied');
  });

  test('a back end that does not flush loses after a power cut what the guest believes to be safe', async () => {
    const { session, type, login, leave, powerCycle, sector, file } = await play();
    await session.saveFile('virtio-blk.ts', file('wrong/flush-is-nothing/virtio-blk.ts'));
    login();
    type('write /note.txt "lost"');
    expect(type('dd if=/note.txt of=/dev/vdb seek=1')).toContain('5 bytes copied');
    await session.saveFile('virtio-blk.ts', file('solution/virtio-blk.ts'));
    leave();
    expect(sector(1)).toBe('lost\n');
    powerCycle();
    expect(sector(1)).toBe('');
    type('virsh start db');
    login();
    type('write /note.txt "kept"');
    type('dd if=/note.txt of=/dev/vdb seek=1');
    leave();
    powerCycle();
    expect(sector(1)).toBe('kept\n');
  });
});

describe('the goals', () => {
  test('hold for a file that was synced and found, and not before', async () => {
    const { session, type, login, leave, powerCycle, holds } = await play();
    login();
    type('write /order.txt "one coffee"');
    leave();
    powerCycle();
    expect(holds('survives')).toBe(false);
    type('virsh start db');
    login();
    expect(type('cat /order.txt')).toContain('No such file');
    type('write /order.txt "one coffee"');
    type('sync');
    leave();
    expect(holds('survives')).toBe(false);
    powerCycle();
    expect(holds('survives')).toBe(true);

    // From the guest's trace sector 2137, from qemu-img map 1048576 → 393216.
    type('echo 1094144 > where.txt');
    expect(holds('located')).toBe(false);
    type('echo $((393216 + 512 * 2137 - 1048576)) > where.txt');
    expect(holds('located')).toBe(true);
    const image = session.world.host('bluebox').view.readFile('/var/lib/libvirt/images/db.qcow2')!;
    expect(decodeUtf8(image.subarray(438_784, 438_794))).toBe('one coffee');

    const { exercise } = await loaded;
    const submission = await session.submission();
    expect((await replay({ exercise, sandbox }, submission)).asSubmitted).toBe(true);
  });
});
