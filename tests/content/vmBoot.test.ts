/**
 * vm-boot: the reference model that judges a learner, and the hypervisor's own `bootInOrder`, were written apart; they have to agree on the
 * machines that learners are judged by. The five VMs come up when they are mended, one by one. And the learner's code really boots them.
 */
import { describe, expect, test } from 'vitest';
import { type Case, EXAMPLES, randomCase, type Topic } from '../../content/exercises/vm-boot/cases.ts';
import { Machine, sectorOf } from '../../content/exercises/vm-boot/machine.ts';
import { entryOf, expect as expected, type Reason } from '../../content/exercises/vm-boot/reference.ts';
import { decodeUtf8, OsError, Random, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { replay, Session } from '../../src/exercise/index.ts';
import { type BootDevice, bootInOrder } from '../../src/hypervisor/index.ts';

const TOPICS = Object.keys(EXAMPLES) as Topic[];

const IN_WORDS: Readonly<Record<Reason, string>> = {
  'no device': 'there is no device',
  'no link': 'no cable is plugged in (link down)',
  'too short': 'the disk is too short to have a boot sector',
  'read error': 'sector 0 cannot be read (Input/output error)',
  'no signature': 'no boot signature (0x55 0xaa) at the end of sector 0',
};

/** The hypervisor tells an error instead of throwing it. */
function read(machine: Machine, index: number, sector: number, count: number): Uint8Array | string {
  try {
    return machine.read(index, sector, count);
  } catch (error) {
    if (error instanceof OsError) return error.message;
    throw error;
  }
}

function bootsByItself(tried: Case) {
  const machine = new Machine(tried);
  const devices = tried.devices.map((device, index): BootDevice => {
    if (device.kind === 'network') return device;
    const { name, slot, sectors } = device;
    return {
      kind: 'disk',
      name,
      slot,
      sectors,
      read: (sector, count) => read(machine, index, sector, count),
    };
  });
  const { hart, deviceTree, bootAddress, order } = tried;
  const write = (address: number, bytes: Uint8Array) => machine.write(address, bytes);
  return { machine, result: bootInOrder(devices, order, { hart, deviceTree, bootAddress, write })! };
}

test.each(TOPICS)(
  'the reference model and the hypervisor’s own boot agree on the machines of “%s”',
  (topic) => {
    const random = Random.fromSeed(`own/${topic}`);
    const drawn = Array.from({ length: 150 }, () => randomCase(random, topic));
    const chosen = new Set<string | null>();
    for (const tried of [...EXAMPLES[topic], ...drawn]) {
      const { machine, result } = bootsByItself(tried);
      const { device, passedOver } = expected(tried);
      const about = JSON.stringify(tried);
      expect(result.passedOver, about).toEqual(
        passedOver.map((each) => ({ device: each.device, reason: IN_WORDS[each.reason] })),
      );
      expect('device' in result ? result.device : null, about).toBe(device?.name ?? null);
      chosen.add(device?.kind ?? null);
      if (device === null || !('device' in result)) continue;
      expect(result.entry, about).toBe(entryOf(tried, device));
      expect(result.registers, about).toEqual({ a0: tried.hart, a1: tried.deviceTree, a2: device.slot });
      expect(machine.sector, about).toEqual(device.kind === 'disk' ? sectorOf(device, 0) : null);
    }
    expect(chosen.size, [...chosen].join()).toBeGreaterThan(1);
  },
);

const loaded = loadExercise('vm-boot');

async function open() {
  const { exercise, files } = await loaded;
  let text = '';
  const session = await Session.start({
    exercise,
    seed: 'boot',
    sandbox,
    onOutput: (_, bytes) => {
      text += decodeUtf8(bytes);
    },
  });
  const terminal = session.openTerminal('bluebox', { rows: 24, cols: 200 });
  session.advance(SECOND);
  const type = (line: string, seconds = 1): string => {
    const before = text.length;
    session.input(terminal, `${line}\r`);
    session.advance(seconds * SECOND);
    return text.slice(before).replaceAll('\r\n', '\n');
  };
  return {
    session,
    files,
    type,
    /** Switches a VM on (again), and gives what its console says; the terminal comes back to the shell. */
    start(vm: string): string {
      type(`virsh destroy ${vm} 2>/dev/null`);
      const said = type(`virsh start ${vm} --console`, 3);
      session.input(terminal, '\x1d');
      session.advance(SECOND);
      return said;
    },
    up: () => session.goals().flatMap(({ id, holds }) => (holds ? [id] : [])),
  };
}

const IMAGES = '/var/lib/libvirt/images';
const TFTP = '/var/lib/tftpboot';

/** How each VM is mended. */
const MENDED: Readonly<Record<string, string>> = {
  web: `virsh dumpxml web | sed "/<boot order='1'/d; s,<target dev='vdb'.*,&<boot order='1'/>," >web.xml; virsh define web.xml`,
  mail: `printf '\\x55\\xaa' | sudo dd of=${IMAGES}/mail.img bs=1 seek=510 conv=notrunc`,
  db: `mtype -i ${IMAGES}/db.img@@1M ::/syslinux.cfg | sed s/sda1/vda1/ >syslinux.cfg; sudo mcopy -o -i ${IMAGES}/db.img@@1M syslinux.cfg ::/`,
  cache: `mkdir r; cd r; mcopy -i ${IMAGES}/cache.img@@1M ::/initrd.img ..; cpio -idu --quiet <../initrd.img; echo virtio_blk >>etc/modules; find . | cpio -o -H newc --quiet >../initrd.img; cd; sudo mcopy -o -i ${IMAGES}/cache.img@@1M initrd.img ::/`,
  kiosk: `sudo mkdir ${TFTP}/pxelinux.cfg; printf 'DEFAULT linux\\nLABEL linux\\nKERNEL vmlinux\\nINITRD initrd.img\\nAPPEND hostname=kiosk\\n' | sudo tee ${TFTP}/pxelinux.cfg/default >/dev/null`,
};

const LAST_WORDS: Readonly<Record<string, string>> = {
  web: 'vda: passed over: what it started met exception 2 at 0x80180000\nNo bootable device.\n',
  mail: 'vda: passed over: no boot signature (0x55 0xaa) at the end of sector 0\nNo bootable device.\n',
  db: 'unable to mount root: no device "/dev/sda1"\n',
  cache: 'unable to mount root: no device "/dev/vda1"\n',
  kiosk: 'no configuration file (pxelinux.cfg/default) is there\n',
};

test('each wrong solution is shown a machine, and the step of its boot chain that is at fault', async () => {
  const { exercise, files } = await loaded;
  const session = await Session.start({ exercise, seed: 'drawn', sandbox, onOutput: () => {} });
  const wrong = Object.keys(files).filter((name) => name.startsWith('wrong/'));
  expect(wrong.length).toBeGreaterThan(3);
  for (const name of wrong) {
    await session.saveFile('firmware.ts', files[name]!);
    const failed = (await session.check()).checks.filter(
      ({ id, status }) => status === 'failed' && TOPICS.some((topic) => topic === id),
    );
    expect(failed.length, name).toBe(1);
    const { counterexample, expected: wanted, actual } = failed[0]!.feedback!;
    expect(counterexample?.before, name).toContain('◀');
    expect(wanted, name).not.toBe(actual);
    const lines = `${counterexample?.before}\n${counterexample?.after}`.split('\n');
    expect(Math.max(...lines.map(({ length }) => length)), `${name}: fits its box`).toBeLessThan(39);
  }
}, 30_000);

describe('the five VMs', () => {
  test('fail each in its own way, come up when they are mended, and the record replays to the same world', async () => {
    const { session, type, start, up, files } = await open();
    const names = Object.keys(MENDED);
    for (const vm of names) expect(start(vm)).toContain(LAST_WORDS[vm]);
    expect(up()).toEqual([]);
    for (const [i, vm] of names.entries()) {
      type(MENDED[vm]!);
      expect(start(vm)).toContain(`\n${vm} login: `);
      expect(up()).toEqual(names.slice(0, i + 1));
    }
    type('virsh destroy db');
    expect(up()).not.toContain('db');
    start('db');
    expect(up()).toEqual(names);
    await session.saveFile('firmware.ts', files['solution/firmware.ts']!);
    const report = await session.check();
    expect(report.score).toEqual({ points: 100, of: 100 });
    const { exercise } = await loaded;
    const submission = await session.submission();
    expect((await replay({ exercise, sandbox }, submission)).asSubmitted).toBe(true);
  }, 60_000);

  test('a login from another system than the VM’s own does not count', async () => {
    const { type, start, up } = await open();
    // Without root= the initramfs stays the root, and the disk is never mounted.
    type(MENDED.db!.replace('s/sda1/vda1/', "'s, root=.*,,'"));
    expect(start('db')).toContain('db login: ');
    type(MENDED.kiosk!.replace('hostname=kiosk', 'hostname=other'));
    expect(start('kiosk')).toContain('other login: ');
    expect(up()).toEqual([]);
  }, 30_000);
});

describe('the learner’s code boots them', () => {
  test('while it gives null or does not run, the boot ROM does', async () => {
    const { session, type, start, files } = await open();
    type(MENDED.mail!);
    expect(start('mail')).toContain('Virtbook boot ROM\n');
    await session.saveFile('firmware.ts', 'export function boot( {');
    const said = start('mail');
    expect(said).toContain('boot (mail): the code does not run yet');
    expect(said).toContain('mail login: ');
    await session.saveFile('firmware.ts', files['starter/firmware.ts']!);
    expect(start('mail')).toContain('mail login: ');
  }, 30_000);

  test('it is asked at each start, starts from what it has chosen, and its reasons are on the console', async () => {
    const { session, type, start, files } = await open();
    await session.saveFile('firmware.ts', files['solution/firmware.ts']!);
    expect(start('mail')).toContain(
      'vda: passed over: no signature\nNothing in the boot order can be started.\n',
    );
    type(MENDED.mail!);
    const said = start('mail');
    expect(said).not.toContain('Virtbook boot ROM');
    expect(said).toContain('vda: starting at 0x80180000\nVirtbook loader\n');
    expect(said).toContain('mail login: ');
    type(MENDED.kiosk!);
    expect(start('kiosk')).toContain('kiosk login: ');
    type(`sudo truncate -s 0 ${IMAGES}/cache.img`);
    expect(start('cache')).toContain('vda: passed over: too short');
  }, 30_000);

  test('what it does wrong is done: an unsigned sector runs, a wrong slot leads nowhere', async () => {
    const { session, start, files } = await open();
    const solution = files['solution/firmware.ts']!;
    const careless = solution.replace(/^ {2}if \(sector\[510\].*$/m, '');
    expect(careless).not.toBe(solution);
    await session.saveFile('firmware.ts', careless);
    const said = start('mail');
    // The loader runs; the kernel looks for the same two bytes before it believes a partition table.
    expect(said).toContain('Starting linux: hostname=mail');
    expect(said).toContain('vda: no partition table');
    await session.saveFile('firmware.ts', careless.replace('a2: device!.slot', 'a2: device!.slot + 1'));
    expect(start('mail')).toContain('boot sector: the loader cannot be read');
  }, 30_000);

  test.each([
    ['an error', 'throw new Error("no idea");', 'threw Error: no idea (firmware.ts, line 1)'],
    ['no end', 'for (;;) {}', 'it does not come to an end'],
    ['no answer', 'return 7;', 'The boot policy failed'],
    ['an address outside', 'memory.write(0x1000, new Uint8Array(4)); return null;', 'Bad address'],
    ['half a sector number', 'devices[0].read(0.5, 1); return null;', '0.5 is no sector'],
  ])('%s is told, and the VM waits', async (_, body, told) => {
    const { session, start, type } = await open();
    await session.saveFile('firmware.ts', `export function boot(devices, order, memory) { ${body} }`);
    const said = start('db');
    expect(said).toContain(told);
    expect(said).not.toContain('Virtbook loader');
    expect(type('virsh domstate db')).toContain('running');
  });
});
