/** A domain's memory: what its guest is to do with, given back by its balloon, and what virsh tells of it. */
import { describe, expect, test } from 'vitest';
import { formatDomain, parseDomain } from '../../src/libvirt/index.ts';
import { domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

const BALLOON = "<memballoon model='virtio'/>";
const GUEST = (
  current: string,
) => `<domain type='kvm'><name>web</name><memory unit='MiB'>16</memory>${current}
<os><type>hvm</type><kernel>/usr/share/virtbook/kernel</kernel><initrd>/usr/share/virtbook/initramfs</initrd></os>
<devices>${BALLOON}<console type='pty'/></devices></domain>`;

function host(current = ''): VmHost {
  const vms = vmHost(
    { '/tmp/web.xml': GUEST(current), '/tmp/bare.xml': domainXml('bare') },
    { memory: 2 ** 25 },
  );
  vms.out('virsh define web.xml; virsh define bare.xml');
  return vms;
}

const stats = (vms: VmHost) => {
  const [, actual, rss] = /^actual (\d+)\nrss (\d+)\n/.exec(vms.out('virsh dommemstat web'))!;
  return { actual: Number(actual), rss: Number(rss) };
};

/** As the guest's `free` has it, in KiB. */
function guestTotal(vms: VmHost): number {
  const terminal = vms.terminal();
  terminal.type('virsh console web\r');
  terminal.type('root\r');
  terminal.type('free\r');
  const said = terminal.take();
  terminal.type('\u001d');
  return Number(/MemTotal: +(\d+) kB/.exec(said)![1]);
}

describe('setmem', () => {
  test('takes memory from a running guest, and gives it back', () => {
    const vms = host();
    vms.out('virsh start web');
    vms.advance(1);
    expect(stats(vms).actual).toBe(16_384);
    expect(vms.out('virsh setmem web 8M')).toBe('\n');
    vms.advance(1);
    const { actual, rss } = stats(vms);
    expect(actual).toBe(8192);
    expect(rss).toBeLessThanOrEqual(8192 + 64);
    expect(vms.out('virsh dominfo web')).toMatch(/Max memory: {5}16384 KiB\nUsed memory: {4}8192 KiB\n/);
    expect(vms.out('virsh dumpxml web')).toContain("<currentMemory unit='KiB'>8192</currentMemory>");
    const small = guestTotal(vms);
    vms.out('virsh setmem web 16384');
    vms.advance(1);
    expect(stats(vms).actual).toBe(16_384);
    expect(guestTotal(vms)).toBeGreaterThanOrEqual(small);
  });

  test('from the next start on it is in the definition, and the balloon is asked at once', () => {
    const vms = host("<currentMemory unit='MiB'>12</currentMemory>");
    vms.out('virsh start web');
    vms.advance(1);
    expect(stats(vms).actual).toBe(12_288);
    vms.out('virsh setmem web 10M --config');
    expect(stats(vms).actual).toBe(12_288);
    vms.out('virsh destroy web; virsh start web');
    vms.advance(1);
    expect(stats(vms).actual).toBe(10_240);
    vms.out('virsh save web /tmp/saved; virsh restore /tmp/saved');
    vms.advance(1);
    expect(stats(vms).actual).toBe(10_240);
  });

  test('a guest without a driver for it keeps all it has', () => {
    const vms = vmHost({ '/tmp/web.xml': domainXml('web', { devices: BALLOON }) });
    vms.out('virsh create web.xml; virsh setmem web 1M');
    vms.advance(1);
    expect(stats(vms).actual).toBe(2048);
  });

  test('what cannot be is refused in libvirt’s words', () => {
    const vms = host();
    const refused = (command: string, why: string) =>
      expect(vms.sh(`virsh ${command}`).err).toBe(`error: ${why}\n`);
    const invalid = 'Requested operation is not valid: ';
    refused('setmem web 1M --live', `${invalid}domain is not running`);
    refused(
      'dommemstat web',
      `Failed to get memory statistics for domain web\nerror: ${invalid}domain is not running`,
    );
    refused('setmem web 17M', 'invalid argument: cannot set memory higher than max memory');
    refused(
      'setmem web much',
      "Scaled numeric value 'much' for <--size> option is malformed or out of range",
    );
    refused('setmem web 1M --live --current', 'Options --current and --live are mutually exclusive');
    vms.out('virsh start bare');
    refused(
      'setmem bare 1M',
      `${invalid}Unable to change memory of active domain without the balloon device and guest OS balloon driver`,
    );
    refused(
      'setmaxmem bare 1M',
      `Unable to change MaxMemorySize\nerror: ${invalid}cannot resize the maximum memory on an active domain`,
    );
    vms.out('virsh destroy bare; virsh undefine bare; virsh create bare.xml');
    refused('setmem bare 1M --config', `${invalid}transient domains do not have any persistent config`);
  });

  test('setmaxmem is for a domain that is off; what it uses follows', () => {
    const vms = host();
    vms.out('virsh setmem web 12M; virsh setmaxmem web 8MiB; virsh setmaxmem bare 4096');
    expect(vms.out('virsh dominfo web')).toMatch(/Max memory: {5}8192 KiB\nUsed memory: {4}8192 KiB\n/);
    expect(vms.out('virsh dominfo bare')).toMatch(/Max memory: {5}4096 KiB\nUsed memory: {4}4096 KiB\n/);
  });
});

describe('definitions', () => {
  test('less memory needs a balloon; more than all there cannot be', () => {
    const current = (value: number, devices = '') =>
      domainXml('a', { extra: `<currentMemory>${value}</currentMemory>`, devices });
    expect(() => parseDomain(current(1024))).toThrow(
      '<currentMemory> other than <memory> without a <memballoon> (line 5) is not simulated',
    );
    expect(() => parseDomain(current(4096, BALLOON))).toThrow(
      "current memory '4096k' exceeds maximum '2048k'",
    );
    const config = parseDomain(current(1024, BALLOON));
    expect(config).toMatchObject({ memory: 2048, currentMemory: 1024, balloon: true });
    expect(parseDomain(formatDomain(config, null))).toEqual(config);
    expect(parseDomain(domainXml('a', { devices: "<memballoon model='none'/>" })).balloon).toBe(false);
  });
});
