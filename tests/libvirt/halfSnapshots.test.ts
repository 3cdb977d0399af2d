/** A snapshot in whose midst something is killed: it is there with all that belongs to it, or not at all. */
import { expect, test } from 'vitest';
import { decodeUtf8, isOsError } from '../../src/base/index.ts';
import { SNAPSHOT_PATH } from '../../src/libvirt/index.ts';
import { type Program, readFile, sys } from '../../src/linux/index.ts';
import { fatDisk } from '../support/fatImage.ts';
import { diskXml, domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

const IMAGE = '/var/lib/libvirt/images/web.qcow2';
const BOOK = `${SNAPSHOT_PATH}/web.json`;

/** Waits until a snapshot is begun, and so many of its turns more; then it kills a process. */
const killer: Program = function* ({ argv: [, pid, turns] }) {
  for (let begun = false; !begun; ) {
    try {
      const { begun: name } = JSON.parse(decodeUtf8(yield* readFile(BOOK))) as { begun: string | null };
      begun = name !== null;
    } catch (error) {
      if (!isOsError(error, 'ENOENT')) throw error;
    }
    yield* sys.sched_yield();
  }
  for (let i = 0; i < Number(turns); i++) yield* sys.sched_yield();
  yield* sys.kill(Number(pid), 'KILL');
  return 0;
};

function host(): VmHost {
  const vms = vmHost(
    {
      '/tmp/web.xml': domainXml('web', { devices: diskXml(IMAGE, 'vda') }),
      '/tmp/fat.img': { content: fatDisk() },
    },
    { programs: new Map([['killer', killer]]) },
  );
  vms.out(`qemu-img convert -O qcow2 /tmp/fat.img ${IMAGE}; virsh define /tmp/web.xml; virsh start web`);
  return vms;
}

const pidOf = (vms: VmHost, name: string): string =>
  new RegExp(`^ *(\\d+) ${name}`, 'm').exec(vms.out('ps -eo pid,comm'))![1]!;

const names = (text: string): string[] =>
  [...text.matchAll(/^ ?(?:\d+ +)?(s\d) /gm)].map(([, name]) => name!);

/** Snapshots on the disk, those that virsh lists, and the files of memory states. */
function found(vms: VmHost): string[][] {
  return [
    names(vms.out(`qemu-img snapshot -l ${IMAGE}`)),
    names(vms.out('virsh snapshot-list web')),
    vms
      .out(`ls ${SNAPSHOT_PATH}`)
      .split('\n')
      .filter((name) => name.endsWith('.save')),
  ];
}

const restart = 'rm -f /run/libvirt/libvirt-sock; libvirtd >/dev/null 2>/tmp/told & sleep 0.2';

test.each(['qemu-system-ris', 'libvirtd'])('%s is killed at each turn of it', (victim) => {
  const lengths = new Set<number>();
  let strays = 0;
  for (let turns = 0; turns < 300; turns += 15) {
    const vms = host();
    vms.out('virsh snapshot-create-as web s0');
    vms.sh(`killer ${pidOf(vms, victim)} ${turns} & virsh snapshot-create-as web s1; wait`);
    vms.advance(1);
    const stray = names(vms.out(`qemu-img snapshot -l ${IMAGE}`)).length;
    if (victim === 'qemu-system-ris') vms.out('pkill libvirtd; sleep 0.1');
    vms.out(restart);
    const [disk, listed, states] = found(vms);
    expect(disk).toEqual(listed);
    expect(states).toEqual(listed!.map((name) => `web.${name}.save`));
    lengths.add(listed!.length);
    if (stray > listed!.length) {
      strays++;
      expect(vms.out('cat /tmp/told')).toBe(
        "libvirtd: snapshot 's1' of domain 'web' was not completed: taken back\n",
      );
    }
    vms.out('virsh snapshot-create-as web s2; virsh snapshot-revert web s0');
    expect(vms.out('virsh domstate web')).toBe('running\n\n');
  }
  expect(lengths).toEqual(new Set([1, 2]));
  expect(strays).toBeGreaterThan(0);
});

test('one of that name that somebody else has made stays', () => {
  const vms = host();
  vms.out(`virsh destroy web; qemu-img snapshot -c s1 ${IMAGE}; virsh start web`);
  expect(vms.sh('virsh snapshot-create-as web s1').status).toBe(1);
  vms.out(`pkill libvirtd; sleep 0.1; ${restart}`);
  expect(vms.out('cat /tmp/told')).toBe('');
  expect(names(vms.out(`qemu-img snapshot -l ${IMAGE}`))).toEqual(['s1']);
});
