/** A running domain in its control group: a scope of its own, what the guest uses is charged there, and a limit ends it as libvirt tells. */
import { describe, expect, test } from 'vitest';
import { domainXml, guestElf, type VmHost, vmHost } from '../support/vmHost.ts';

const SCOPE = '/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dtouch.scope';
const KIB = 1024;

/** Sleeps 10 s, then writes to a page each 10 ms, 1024 of them, and then sleeps. */
const TOUCH = `
  li t0, 0x20
  csrw sie, t0
  li s0, 0x80100000
  li s1, 1024
  li s3, 100000000
  call sleep
  li s3, 100000
1:sw s1, 0(s0)
  li t0, 4096
  add s0, s0, t0
  addi s1, s1, -1
  call sleep
  bnez s1, 1b
  li s3, 2000000000
2:call sleep
  j 2b
sleep:
  csrr a0, time
  add a0, a0, s3
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  wfi
  ret`;

function host(): VmHost {
  const vms = vmHost({
    '/boot/touch': { content: guestElf(TOUCH) },
    '/tmp/touch.xml': domainXml('touch', { kernel: '/boot/touch', memory: 8192 }),
  });
  vms.out('virsh define /tmp/touch.xml');
  return vms;
}

const number = (vms: VmHost, script: string) => Number(vms.out(script));
const line = (vms: VmHost, file: string, key: string) =>
  Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(vms.out(`cat '${SCOPE}/${file}'`))?.[1]);

describe('the group of an emulator', () => {
  test('is a scope in machine.slice, which goes with it', () => {
    const vms = host();
    vms.out('virsh start touch');
    expect(vms.out('cat /proc/$(pgrep qemu-system)/cgroup')).toBe(
      '0::/machine.slice/machine-qemu\\x2d1\\x2dtouch.scope\n',
    );
    vms.out('virsh destroy touch');
    expect(vms.out('ls /sys/fs/cgroup/machine.slice')).not.toContain('scope');
    vms.out('virsh start touch');
    expect(vms.out('cat /proc/$(pgrep qemu-system)/cgroup')).toContain('qemu\\x2d2\\x2dtouch');
  });

  test('pays for each page that the guest uses for the first time, and gets it back', () => {
    const vms = host();
    const free = () => number(vms, "sed -n 's/^MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo") * KIB;
    const before = free();
    vms.out('virsh start touch');
    vms.advance(5);
    const atRest = line(vms, 'memory.stat', 'anon');
    vms.advance(17);
    const used = line(vms, 'memory.stat', 'anon') - atRest;
    // 1024 pages, and the tables that map them.
    expect(used).toBeGreaterThanOrEqual(4096 * KIB);
    expect(used).toBeLessThanOrEqual(4096 * KIB + 4 * 4096);
    expect(number(vms, `cat '${SCOPE}/memory.current'`)).toBeGreaterThanOrEqual(used + atRest);
    const rss = number(vms, 'ps -o rss= -p $(pgrep qemu-system)') * KIB;
    expect(rss).toBeGreaterThan(used);
    vms.out('virsh destroy touch');
    expect(Math.abs(free() - before)).toBeLessThan(64 * KIB);
  });

  test('ends it at its limit: the OOM killer takes the emulator, and the domain has crashed', () => {
    const vms = host();
    vms.out('virsh start touch');
    vms.advance(5);
    vms.out(`echo $(( $(cat '${SCOPE}/memory.current') + 256 * 1024 )) > '${SCOPE}/memory.max'`);
    vms.advance(2);
    expect(vms.out('virsh domstate --reason touch')).toBe('running (booted)\n\n');
    vms.advance(10);
    expect(vms.out('virsh domstate --reason touch')).toBe('shut off (crashed)\n\n');
    expect(vms.out('dmesg')).toMatch(
      /Memory cgroup out of memory: Killed process \d+ \(qemu-system-ris\) total-vm:\d+kB, anon-rss:8\d\dkB/,
    );
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
    expect(vms.out('ls /sys/fs/cgroup/machine.slice')).not.toContain('scope');
    // And it can begin anew.
    vms.out('virsh start touch');
    expect(vms.out('virsh domstate touch')).toBe('running\n\n');
  });

  test('above a limit of others the largest is taken, which may be a guest’s emulator', () => {
    const vms = host();
    vms.out('virsh start touch');
    vms.advance(22);
    vms.out('echo 8M > /sys/fs/cgroup/machine.slice/memory.max');
    expect(vms.out('virsh domstate touch')).toBe('running\n\n');
    vms.sh(
      `sh -c 'mkdir /sys/fs/cgroup/machine.slice/other; echo 0 > /sys/fs/cgroup/machine.slice/other/cgroup.procs; head -c 3M /dev/zero | tail -c 2500k > /dev/null'`,
    );
    vms.advance(1);
    expect(vms.out('virsh domstate --reason touch')).toBe('shut off (crashed)\n\n');
  });
});
