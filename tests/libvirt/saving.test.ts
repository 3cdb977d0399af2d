/** virsh save and restore: a guest goes on where it stopped, from a file of the host. Recorded texts are virsh 9.0's. */
import { expect, test } from 'vitest';
import { domainXml, type VmHost, type VmTerminal, vmHost } from '../support/vmHost.ts';

const GUEST = `<domain type='kvm'>
  <name>web1</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=web1</cmdline>
  </os>
  <devices><console type='pty'/></devices>
</domain>`;

/** A host with a guest at work: it beats once a second in the background. */
function atWork(): { vms: VmHost; terminal: VmTerminal } {
  const vms = vmHost({ '/tmp/web1.xml': GUEST, '/tmp/a.xml': domainXml('a') });
  vms.out('virsh "define web1.xml; define a.xml"');
  const terminal = vms.terminal();
  terminal.type('virsh start web1 --console\r');
  terminal.type('root\r');
  terminal.type('heartbeat pulse &\r', 3.5);
  terminal.type('\x1d');
  terminal.take();
  return { vms, terminal };
}

test('a guest goes on where it stopped, and does not notice how long that was', () => {
  const { vms, terminal } = atWork();
  expect(vms.out('cd /srv; virsh save web1 web1.save')).toBe("\nDomain 'web1' saved to web1.save\n\n");
  expect(vms.out('virsh domstate web1 --reason')).toBe('shut off (saved)\n\n');
  vms.advance(60);
  expect(vms.out('virsh restore /srv/web1.save')).toBe('Domain restored from /srv/web1.save\n\n');
  expect(vms.out('virsh domstate web1 --reason')).toBe('running (restored)\n\n');
  terminal.type('virsh console web1\r', 2.2);
  expect(terminal.take()).toMatch(/pulse/);
  terminal.type('uptime\r');
  const seconds = Number(/up (\d+)/.exec(terminal.take())?.[1]);
  expect(seconds).toBeGreaterThan(5);
  expect(seconds).toBeLessThan(20);
});

test('a reset after it boots the kernel that the domain has', () => {
  const { vms, terminal } = atWork();
  vms.out('virsh save web1 /srv/web1.save; virsh restore /srv/web1.save');
  terminal.type('virsh console web1\r');
  vms.out('virsh reset web1');
  vms.advance(2);
  expect(terminal.take()).toMatch(/Virtbook guest kernel[\s\S]*web1 login: $/);
});

test('what was paused is restored paused, and what is not defined is there until it ends', () => {
  const { vms } = atWork();
  vms.out('virsh suspend web1; virsh save web1 /srv/web1.save; virsh undefine web1');
  expect(vms.out('virsh list --all --name')).toBe('a\n\n');
  vms.out('virsh restore /srv/web1.save');
  expect(vms.out('virsh domstate web1 --reason')).toBe('paused (restored)\n\n');
  vms.out('virsh resume web1; virsh destroy web1');
  expect(vms.out('virsh list --all --name')).toBe('a\n\n');
});

test('refusals', () => {
  const { vms } = atWork();
  const error = (command: string) => vms.sh(`virsh ${command}`).err;
  expect(error('save a /srv/x')).toBe(
    "error: Failed to save domain 'a' to /srv/x\nerror: Requested operation is not valid: domain is not running\n",
  );
  expect(error('save web1 /nodir/x')).toBe(
    "error: Failed to save domain 'web1' to /nodir/x\nerror: saving domain 'web1' to '/nodir/x': open failed: No such file or directory\n",
  );
  expect(vms.out('virsh domstate web1 --reason')).toBe('running (booted)\n\n');
  expect(error('restore /srv/nope')).toBe(
    "error: Failed to restore domain from /srv/nope\nerror: cannot read domain image '/srv/nope': No such file or directory\n",
  );
  expect(error('restore web1.xml')).toBe(
    'error: Failed to restore domain from web1.xml\nerror: internal error: mismatched header magic\n',
  );
  vms.out('virsh save web1 /srv/web1.save; virsh restore /srv/web1.save');
  expect(error('restore /srv/web1.save')).toContain("domain is already active as 'web1'");
  vms.out('virsh destroy web1');
  for (const at of [20, 60, 5000, 100_000]) {
    vms.out(
      `cp /srv/web1.save /srv/broken; printf X | dd of=/srv/broken bs=1 seek=${at} conv=notrunc 2>/dev/null`,
    );
    expect(error('restore /srv/broken')).toContain('internal error: the saved state is damaged');
  }
  vms.out('head -c 30 /srv/web1.save >/srv/broken');
  expect(error('restore /srv/broken')).toContain('internal error: the saved state is damaged');
  expect(vms.out('virsh list --name')).toBe('\n');
});
