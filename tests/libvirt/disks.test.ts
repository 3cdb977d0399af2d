/** Disks of VMs: images of the host, as the guest's kernel and the host's qemu-img both see them. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8 } from '../../src/base/index.ts';
import { fatDisk, fatFile } from '../support/fatImage.ts';
import { diskXml, type VmHost, type VmTerminal, vmHost } from '../support/vmHost.ts';

const IMAGES = '/var/lib/libvirt/images';

const guest = (name: string, disks: string) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=${name} root=/dev/vda1</cmdline>
  </os>
  <devices>${disks}</devices>
</domain>`;

/** A host with a FAT disk as raw and as qcow2, and a domain on it. */
function host(disks = diskXml(`${IMAGES}/web1.qcow2`, 'vda'), traceExits = false): VmHost {
  const made = vmHost(
    {
      '/tmp/web1.xml': guest('web1', disks),
      [`${IMAGES}/fat.img`]: { content: fatDisk({ 'note.txt': 'from the host\n' }) },
    },
    { memory: 2 ** 25, traceExits },
  );
  made.out(`cd ${IMAGES}; qemu-img convert -f raw -O qcow2 fat.img web1.qcow2; virsh define /tmp/web1.xml`);
  return made;
}

function login(terminal: VmTerminal, domain = 'web1'): string {
  terminal.take();
  terminal.type(`virsh start ${domain} --console\r`);
  const boot = terminal.take();
  terminal.type('root\r', 0.3);
  terminal.take();
  return boot;
}

/** What a command of the guest prints. */
function run(terminal: VmTerminal, command: string): string {
  terminal.take();
  terminal.type(`${command}\r`, 0.5);
  const [, ...lines] = terminal.take().replaceAll('\r', '').split('\n');
  return lines.slice(0, -1).join('\n');
}

/** What the host finds in the disk's file system. */
function fileOnDisk(vms: VmHost, image: string, name: string): string | null {
  vms.out(`qemu-img convert -O raw ${image} /tmp/look.img`);
  const bytes = fatFile(vms.host.view.readFile('/tmp/look.img')!, name);
  return bytes === null ? null : decodeUtf8(bytes);
}

describe('a guest on a qcow2 file of its host', () => {
  test('boots from it, reads and writes it, and the host finds what was written', () => {
    const vms = host();
    const terminal = vms.terminal();
    const boot = login(terminal);
    expect(boot).toContain('[    0.0');
    expect(boot).toContain('root: mounted /dev/vda1');
    expect(boot).toMatch(/web1 login: $/);
    expect(run(terminal, 'cat /note.txt')).toBe('from the host');
    run(terminal, 'echo hello > /new.txt');
    terminal.type('poweroff\r');
    expect(vms.out('virsh domstate web1 --reason')).toBe('shut off (shutdown)\n\n');
    expect(vms.out(`qemu-img check ${IMAGES}/web1.qcow2`)).toContain('No errors were found');
    expect(fileOnDisk(vms, `${IMAGES}/web1.qcow2`, 'NEW     TXT')).toBe('hello\n');
  });

  test('counts what goes through', () => {
    const vms = host();
    const terminal = vms.terminal();
    login(terminal);
    const stats = () =>
      new Map(
        vms
          .out('virsh domblkstat web1 vda')
          .trim()
          .split('\n')
          .map((line): [string, number] => [line.split(' ')[1]!, Number(line.split(' ')[2])]),
      );
    const before = stats();
    run(terminal, 'echo hello > /new.txt');
    run(terminal, 'sync');
    const after = stats();
    expect(before.get('rd_bytes')).toBe(before.get('rd_req')! * 512);
    expect(after.get('wr_req')).toBeGreaterThan(before.get('wr_req')!);
    expect(after.get('flush_operations')).toBeGreaterThan(before.get('flush_operations')!);
    expect(after.get('errs')).toBe(0);
    expect(vms.out('virsh domblklist web1 --details')).toBe(
      ` Type   Device   Target   Source\n${'-'.repeat(62)}\n file   disk     vda      ${IMAGES}/web1.qcow2\n\n`,
    );
  });

  test('over a backing file leaves that one alone', () => {
    const vms = host(diskXml(`${IMAGES}/over.qcow2`, 'vda'));
    vms.out(
      `cd ${IMAGES}; qemu-img create -f qcow2 -b web1.qcow2 -F qcow2 over.qcow2; sha256sum web1.qcow2 >/tmp/sum`,
    );
    const terminal = vms.terminal();
    login(terminal);
    expect(run(terminal, 'cat /note.txt')).toBe('from the host');
    run(terminal, 'echo over > /note.txt');
    terminal.type('poweroff\r');
    vms.out(`cd ${IMAGES}; sha256sum -c /tmp/sum`);
    expect(fileOnDisk(vms, `${IMAGES}/over.qcow2`, 'NOTE    TXT')).toBe('over\n');
    expect(fileOnDisk(vms, `${IMAGES}/web1.qcow2`, 'NOTE    TXT')).toBe('from the host\n');
  });

  test('that is read-only cannot be changed, and two guests may share it', () => {
    const disk = diskXml(`${IMAGES}/web1.qcow2`, 'vda', 'qcow2', '<readonly/>');
    const vms = host(disk);
    vms.out(
      `sed s/web1/web2/ /tmp/web1.xml | sed 's/>web1</>web2</' >/tmp/web2.xml; sed -i s/web2.qcow2/web1.qcow2/ /tmp/web2.xml`,
    );
    vms.out(`virsh define /tmp/web2.xml; sha256sum ${IMAGES}/web1.qcow2 >/tmp/sum`);
    const terminal = vms.terminal();
    login(terminal);
    vms.out('virsh start web2');
    expect(run(terminal, 'echo x > /new.txt')).toMatch(/read-only|error|denied|fail/i);
    terminal.type('\x1d');
    vms.out('virsh destroy web1; virsh destroy web2; sha256sum -c /tmp/sum');
  });

  test('of which the power is cut keeps what was synced', () => {
    const vms = host();
    const terminal = vms.terminal();
    login(terminal);
    run(terminal, 'echo kept > /kept.txt');
    run(terminal, 'sync');
    vms.out('virsh destroy web1');
    expect(vms.out(`qemu-img check ${IMAGES}/web1.qcow2`)).toContain('No errors were found');
    expect(fileOnDisk(vms, `${IMAGES}/web1.qcow2`, 'KEPT    TXT')).toBe('kept\n');
  });

  test('reset boots again from it', () => {
    const vms = host();
    const terminal = vms.terminal();
    login(terminal);
    vms.out('virsh reset web1');
    vms.advance(1);
    expect(terminal.take()).toMatch(/Virtbook guest kernel[\s\S]*web1 login: $/);
  });
});

describe('an image that cannot be', () => {
  const refusal = (disks: string, prepare = 'true') => {
    const vms = host(disks);
    vms.out(prepare);
    const { err, status } = vms.sh('virsh start web1');
    expect(status).toBe(1);
    expect(vms.out('virsh list --name')).toBe('\n');
    return err.replace(/^error: Failed to start domain 'web1'\nerror: /, '').trimEnd();
  };
  const MONITOR = 'internal error: process exited while connecting to monitor: qemu-system-riscv32: ';

  test('is missing', () => {
    expect(refusal(diskXml('/srv/none.qcow2', 'vda'))).toBe(
      "Cannot access storage file '/srv/none.qcow2': No such file or directory",
    );
  });

  test('is of another format than it is said to be', () => {
    expect(refusal(diskXml(`${IMAGES}/fat.img`, 'vda', 'qcow2'))).toBe(
      `${MONITOR}-drive file=${IMAGES}/fat.img,format=qcow2: Image is not in qcow2 format`,
    );
  });

  test('is cut off in its header', () => {
    expect(refusal(diskXml(`${IMAGES}/web1.qcow2`, 'vda'), `truncate -s 40 ${IMAGES}/web1.qcow2`)).toContain(
      `${MONITOR}-drive file=${IMAGES}/web1.qcow2,format=qcow2: `,
    );
  });

  test('has a backing file that is gone', () => {
    const prepare = `cd ${IMAGES}; qemu-img create -f qcow2 -b web1.qcow2 -F qcow2 over.qcow2; rm web1.qcow2`;
    expect(refusal(diskXml(`${IMAGES}/over.qcow2`, 'vda'), prepare)).toBe(
      `Cannot access storage file '${IMAGES}/web1.qcow2': No such file or directory`,
    );
  });

  test('is a directory', () => {
    expect(refusal(diskXml('/srv', 'vda', 'raw', '<readonly/>'))).toContain("'/srv' is not a regular file");
  });

  test('is written by another domain already', () => {
    const vms = host();
    vms.out(
      'virsh start web1; sed "s/>web1</>web2</" /tmp/web1.xml >/tmp/web2.xml; virsh define /tmp/web2.xml',
    );
    expect(vms.sh('virsh start web2').err).toContain(
      `Failed to get "write" lock\nIs another process using the image [${IMAGES}/web1.qcow2]?`,
    );
    vms.out('virsh destroy web1; virsh start web2');
  });
});

test('an image that breaks under a running guest gives it I/O errors, and harms nobody else', () => {
  const vms = host();
  const terminal = vms.terminal();
  login(terminal);
  vms.out(`truncate -s 1000 ${IMAGES}/web1.qcow2`);
  run(terminal, 'cat /note.txt');
  run(terminal, 'dd if=/dev/vda of=/dev/null bs=512 count=4000');
  expect(Number(/errs (\d+)/.exec(vms.out('virsh domblkstat web1 vda'))![1])).toBeGreaterThan(0);
  expect(vms.out('virsh domstate web1')).toBe('running\n\n');
});

test('a host that is asked to tells each exit, page and request of its guests', () => {
  const kinds = (traceExits: boolean) => {
    const vms = host(undefined, traceExits);
    login(vms.terminal());
    const { trace } = vms.world;
    const kinds = ['vm.exit', 'vm.pageIn', 'virtq.pop', 'block.request'] as const;
    return kinds.map(
      (kind) => trace.since(0, kind).filter(({ subject }) => subject.startsWith('web1')).length,
    );
  };
  for (const count of kinds(true)) expect(count).toBeGreaterThan(1);
  expect(kinds(false)).toEqual([0, 0, 0, 0]);
});

test('booting a guest from qcow2 and talking to it replays to the same world', () => {
  const play = () => {
    const vms = host();
    const terminal = vms.terminal();
    login(terminal);
    const said = run(terminal, 'ps');
    run(terminal, 'echo hello > /new.txt');
    return [said, vms.world.hash()];
  };
  const first = play();
  expect(first[0]).toContain('init');
  expect(play()).toEqual(first);
});
