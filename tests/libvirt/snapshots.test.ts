/** Snapshots of domains: what virsh says of them as recorded with virsh 9.0, and what becomes of disk and memory. */
import { describe, expect, test } from 'vitest';
import { fatDisk } from '../support/fatImage.ts';
import { diskXml, type VmHost, type VmTerminal, vmHost } from '../support/vmHost.ts';

const IMAGE = '/var/lib/libvirt/images/web1.qcow2';
const GUEST = (disk: string) => `<domain type='kvm'>
  <name>web1</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=web1 root=/dev/vda1</cmdline>
  </os>
  <devices>${disk}</devices>
</domain>`;

function defined(disk = diskXml(IMAGE, 'vda')): VmHost {
  const vms = vmHost(
    { '/tmp/web1.xml': GUEST(disk), '/srv/fat.img': { content: fatDisk({ 'note.txt': 'first\n' }) } },
    { memory: 2 ** 25 },
  );
  vms.out(`qemu-img convert -f raw -O qcow2 /srv/fat.img ${IMAGE}; virsh define web1.xml`);
  return vms;
}

function login(vms: VmHost): VmTerminal {
  const terminal = vms.terminal();
  terminal.type('virsh start web1 --console\r', 0.5);
  terminal.type('root\r', 0.3);
  return terminal;
}

function run(terminal: VmTerminal, command: string): string {
  terminal.take();
  terminal.type(`${command}\r`, 0.5);
  return terminal.take().replaceAll('\r', '').split('\n').slice(1, -1).join('\n');
}

test('words', () => {
  const vms = defined();
  login(vms);
  expect(vms.out('virsh snapshot-create-as web1 s1 first')).toBe('Domain snapshot s1 created\n');
  expect(vms.sh('virsh snapshot-create-as web1 s1').err).toBe(
    'error: operation failed: domain moment s1 already exists\n',
  );
  expect(vms.out('virsh snapshot-create-as web1 s2')).toBe('Domain snapshot s2 created\n');
  expect(vms.out('virsh snapshot-list web1')).toMatch(
    /^ Name {3}Creation Time {15}State\n-{45}\n s1 {5}2026-01-05 09:00:0\d \+0000 {3}running\n s2 {5}2026-01-05 09:00:0\d \+0000 {3}running\n\n$/,
  );
  expect(vms.out('virsh snapshot-list web1 --parent')).toMatch(/s1 .*running {3}\n s2 .*running {3}s1\n/);
  expect(vms.out('virsh snapshot-list web1 --name')).toBe('s1\ns2\n\n');
  expect(vms.out('virsh snapshot-current web1 --name')).toBe('s2\n');
  expect(vms.out('virsh snapshot-info web1 s1')).toBe(
    `Name:           s1
Domain:         web1
Current:        no
State:          running
Location:       internal
Parent:         -
Children:       1
Descendants:    1
Metadata:       yes

`,
  );
  expect(vms.out('virsh snapshot-info web1 --current')).toMatch(
    /s2\n.*\nCurrent: {8}yes\n.*\n.*\nParent: {9}s1\nChildren: {7}0/,
  );
  expect(vms.out('virsh snapshot-parent web1 s2')).toBe('s1\n');
  expect(vms.sh('virsh snapshot-parent web1 s1').err).toBe("error: snapshot 's1' has no parent\n");
  for (const what of ['revert', 'delete', 'info', 'parent'])
    expect(vms.sh(`virsh snapshot-${what} web1 nope`).err).toBe(
      "error: Domain snapshot not found: no domain snapshot with matching name 'nope'\n",
    );
  expect(vms.out('virsh snapshot-delete web1 s1')).toBe('Domain snapshot s1 deleted\n\n');
  expect(vms.out('virsh snapshot-list web1 --parent')).toMatch(/\n s2 .*running {3}\n/);
  vms.out('virsh destroy web1');
  expect(vms.sh('virsh undefine web1').err).toBe(
    "error: Failed to undefine domain 'web1'\nerror: Requested operation is not valid: cannot delete inactive domain with 1 snapshots\n",
  );
  vms.out('virsh snapshot-delete web1 s2; virsh undefine web1');
  expect(vms.out('ls /var/lib/libvirt/qemu/snapshot')).toBe('');
  expect(vms.sh('virsh snapshot-create-as web1 --disk-only').err).toContain('is not simulated');
});

describe('going back', () => {
  test('gives a running guest its memory and its disk of that time', () => {
    const vms = defined();
    const terminal = login(vms);
    run(terminal, 'echo before > /state.txt');
    run(terminal, 'sync');
    run(terminal, 'heartbeat pulse &');
    vms.out('virsh snapshot-create-as web1 s1');
    run(terminal, 'echo after > /state.txt');
    run(terminal, 'sync');
    expect(run(terminal, 'cat /state.txt')).toContain('after');
    expect(vms.out('virsh snapshot-revert web1 s1')).toBe('Domain snapshot s1 reverted\n\n');
    expect(vms.out('virsh domstate web1 --reason')).toBe('running (from snapshot)\n\n');
    terminal.type('\r');
    terminal.type('virsh console web1\r', 2.2);
    expect(terminal.take()).toContain('pulse');
    expect(run(terminal, 'cat /state.txt')).toContain('before');
    terminal.type('\x1d');
    vms.out('virsh destroy web1');
    expect(vms.out(`qemu-img check ${IMAGE}`)).toContain('No errors were found');
    expect(vms.out(`qemu-img snapshot -l ${IMAGE}`)).toMatch(/ s1 /);
  });

  test('from off, and to off, changes the disk alone', () => {
    const vms = defined();
    vms.out('virsh snapshot-create-as web1 off');
    expect(vms.out('virsh snapshot-list web1')).toMatch(/ off .* shutoff\n/);
    const terminal = login(vms);
    run(terminal, 'echo second > /note.txt');
    run(terminal, 'sync');
    vms.out('virsh snapshot-revert web1 off');
    expect(vms.out('virsh domstate web1 --reason')).toBe('shut off (from snapshot)\n\n');
    const again = login(vms);
    expect(run(again, 'cat /note.txt')).toBe('first');
  });

  test('and a snapshot survive the daemon', () => {
    const vms = defined();
    login(vms);
    vms.out('virsh snapshot-create-as web1 s1');
    vms.out('pkill libvirtd; sleep 0.1; rm /run/libvirt/libvirt-sock; libvirtd >/dev/null 2>&1 & sleep 0.2');
    expect(vms.out('virsh domstate web1')).toBe('shut off\n\n');
    vms.out('virsh snapshot-revert web1 s1');
    expect(vms.out('virsh domstate web1')).toBe('running\n\n');
  });
});

test('a raw disk has no snapshots', () => {
  const vms = defined(diskXml('/srv/fat.img', 'vda', 'raw'));
  expect(vms.sh('virsh snapshot-create-as web1 s1').err).toBe(
    'error: unsupported configuration: internal snapshot for disk vda unsupported for storage type raw\n',
  );
});

test('a snapshot that somebody took off the disk is missed before anything is given up', () => {
  const vms = defined();
  vms.out('virsh snapshot-create-as web1 s1');
  vms.out(`qemu-img snapshot -d s1 ${IMAGE}`);
  login(vms);
  expect(vms.sh('virsh snapshot-revert web1 s1').status).toBe(1);
  expect(vms.out('virsh domstate web1')).toBe('running\n\n');
});

test('a domain that cannot go back goes on where it was', () => {
  const vms = defined();
  vms.out('cp /usr/share/virtbook/kernel /boot/older');
  vms.out('virsh dumpxml web1 >web1.xml');
  vms.out("sed 's,/usr/share/virtbook/kernel,/boot/older,' web1.xml >older.xml; virsh define older.xml");
  login(vms);
  vms.out('virsh snapshot-create-as web1 s1; virsh destroy web1; virsh define web1.xml');
  const terminal = login(vms);
  run(terminal, 'echo second > note.txt');
  const before = vms.out('virsh domid web1; virsh domstate web1 --reason');
  const says = (error: string) =>
    expect(vms.sh('virsh snapshot-revert web1 s1').err).toContain(
      `qemu-system-riscv32: could not load kernel '/boot/older': ${error}`,
    );
  vms.out('echo nothing >/boot/older');
  says('');
  expect(vms.out('virsh domid web1; virsh domstate web1 --reason')).toBe(before);
  vms.out('rm /boot/older');
  says('No such file or directory');
  expect(vms.out('virsh domid web1; virsh domstate web1 --reason')).toBe(before);
  expect(vms.out('ps -e -o comm').match(/qemu/g)).toHaveLength(1);
  terminal.type('virsh console web1\r');
  expect(run(terminal, 'cat note.txt')).toBe('second');
});
