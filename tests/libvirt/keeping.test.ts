/** What libvirtd keeps: domains that start with the host, and states to go on from. Words as of virsh 9.0. */
import { describe, expect, test } from 'vitest';
import { domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

function host(): VmHost {
  const vms = vmHost({
    '/tmp/web.xml': domainXml('web'),
    '/tmp/gone.xml': domainXml('gone', { kernel: '/boot/none' }),
  });
  vms.out('virsh define web.xml');
  return vms;
}

/** As a new boot has it: libvirtd ends, with all it runs, and starts anew. */
function restartDaemon(vms: VmHost): string {
  return vms.out(
    `kill $(ps -eo pid,comm | sed -n 's/ *\\([0-9]*\\) libvirtd/\\1/p')
sleep 0.1; rm /run/libvirt/libvirt-sock; libvirtd >/tmp/daemon.log 2>&1 &
while [ ! -S /run/libvirt/libvirt-sock ]; do sleep 0.01; done; sleep 0.1; cat /tmp/daemon.log`,
  );
}

describe('autostart', () => {
  test('a domain that is marked starts with the daemon, until it is unmarked', () => {
    const vms = host();
    expect(vms.out('virsh autostart web')).toBe("Domain 'web' marked as autostarted\n\n");
    expect(vms.out('virsh dominfo web')).toContain('Autostart:      enable\n');
    expect(vms.out('readlink /etc/libvirt/qemu/autostart/web.xml')).toBe('/etc/libvirt/qemu/web.xml\n');
    expect(restartDaemon(vms)).toBe('');
    expect(vms.out('virsh domstate web --reason')).toBe('running (booted)\n\n');
    expect(vms.out('virsh autostart web --disable')).toBe("Domain 'web' unmarked as autostarted\n\n");
    restartDaemon(vms);
    expect(vms.out('virsh domstate web')).toBe('shut off\n\n');
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
  });

  test('one that does not start is told in the log, and keeps nobody else from it', () => {
    const vms = host();
    vms.out('virsh define gone.xml; virsh autostart gone; virsh autostart web');
    expect(restartDaemon(vms)).toMatch(/^libvirtd: Failed to autostart VM 'gone': .*\/boot\/none/);
    expect(vms.out('virsh domstate web')).toBe('running\n\n');
  });

  test('goes with the definition; a transient domain has none', () => {
    const vms = host();
    vms.out('virsh autostart web; virsh undefine web');
    expect(vms.out('ls /etc/libvirt/qemu/autostart')).toBe('');
    vms.out('virsh create web.xml');
    expect(vms.sh('virsh autostart web').err).toBe(
      "error: Failed to mark domain 'web' as autostarted\nerror: Requested operation is not valid: cannot set autostart for transient domain\n",
    );
  });
});

describe('managedsave', () => {
  /** What the guest answers to a key. */
  const answer = (vms: VmHost, key: string): string => {
    const terminal = vms.terminal();
    terminal.type('virsh console web\r');
    terminal.take();
    terminal.type(key);
    const said = terminal.take();
    terminal.type('\u001d');
    return said;
  };

  test('the next start goes on where it was, and only that one', () => {
    const vms = host();
    vms.out('virsh start web');
    expect(vms.out('virsh managedsave web')).toBe("\nDomain 'web' state saved by libvirt\n\n");
    expect(vms.out('virsh domstate web --reason; virsh dominfo web')).toMatch(
      /^shut off \(saved\)\n[\s\S]*Managed save: {3}yes\n/,
    );
    vms.out('virsh start web');
    expect(vms.out('virsh domstate web --reason; virsh dominfo web')).toMatch(
      /^running \(restored\)\n[\s\S]*Managed save: {3}no\n/,
    );
    expect(answer(vms, 'x')).toBe('<x>');
    vms.out('virsh destroy web; virsh start web');
    expect(vms.out('virsh domstate web --reason')).toBe('running (booted)\n\n');
  });

  test('it can be left out, removed, and goes with a definition only when that is said', () => {
    const vms = host();
    const save = () => vms.out('virsh start web && virsh managedsave web >/tmp/said');
    save();
    vms.out('virsh start web --force-boot');
    expect(vms.out('virsh domstate web --reason')).toBe('running (booted)\n\n');
    vms.out('virsh destroy web');
    save();
    expect(vms.out('virsh managedsave-remove web')).toBe("Removed managedsave image for domain 'web'\n\n");
    expect(vms.out('virsh managedsave-remove web')).toBe(
      "Domain 'web' has no manage save image; removal skipped\n\n",
    );
    save();
    expect(vms.sh('virsh undefine web').err).toBe(
      "error: Failed to undefine domain 'web'\nerror: Requested operation is not valid: Refusing to undefine while domain managed save image exists\n",
    );
    vms.out('virsh undefine web --managed-save');
    expect(vms.out('ls /var/lib/libvirt/qemu/save')).toBe('');
  });

  test('paused at its start it stands where it was; a state that cannot be used stays', () => {
    const vms = host();
    vms.out('virsh start web && virsh managedsave web && virsh start web --paused');
    expect(vms.out('virsh domstate web')).toBe('paused\n\n');
    vms.out('virsh resume web && virsh managedsave web');
    vms.out('mv /boot/echo /boot/elsewhere');
    expect(vms.sh('virsh start web').err).toContain("could not load kernel '/boot/echo'");
    vms.out('mv /boot/elsewhere /boot/echo; virsh start web');
    expect(vms.out('virsh domstate web --reason')).toBe('running (restored)\n\n');
  });

  test('who is off, or there until it ends, is refused', () => {
    const vms = host();
    const said = (why: string) =>
      expect(vms.sh('virsh managedsave web').err).toBe(
        `error: Failed to save domain 'web' state\nerror: Requested operation is not valid: ${why}\n`,
      );
    said('domain is not running');
    vms.out('virsh undefine web; virsh create web.xml');
    said('cannot do managed save for transient domain');
  });
});
