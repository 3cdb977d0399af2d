/** Domain XML: what is read, what comes out again, and what is said of what is wrong. Recorded texts are virsh 9.0's. */
import { describe, expect, test } from 'vitest';
import { formatDomain, LibvirtError, parseDomain } from '../../src/libvirt/index.ts';

const FULL = `<domain type='kvm'>
  <name>web1</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <title>A &lt;web&gt; server</title>
  <description>Tom &amp; Jerry&apos;s</description>
  <memory unit='KiB'>16384</memory>
  <currentMemory unit='KiB'>16384</currentMemory>
  <vcpu placement='static'>2</vcpu>
  <cputune>
    <shares>2048</shares>
  </cputune>
  <os>
    <type arch='riscv32' machine='virt'>hvm</type>
    <kernel>/boot/kernel</kernel>
    <initrd>/boot/initrd</initrd>
    <cmdline>root=/dev/vda quiet</cmdline>
  </os>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>preserve</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/web1.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <address type='virtio-mmio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/srv/data.img'/>
      <target dev='vdb' bus='virtio'/>
      <readonly/>
      <serial>DATA-1</serial>
      <address type='virtio-mmio'/>
    </disk>
    <serial type='pty'>
      <target type='system-serial' port='0'/>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
  </devices>
</domain>
`;

const minimal = (inner = '', attributes = "type='kvm'") =>
  `<domain ${attributes}><name>a</name><memory>4096</memory><os><type>hvm</type><kernel>/k</kernel></os>${inner}</domain>`;

describe('a definition', () => {
  test('comes out as it went in', () => {
    expect(formatDomain(parseDomain(FULL), null)).toBe(FULL);
  });

  test('of a running domain has its id, which a definition ignores', () => {
    const running = formatDomain(parseDomain(FULL), { id: 7, taps: [] });
    expect(running.split('\n')[0]).toBe("<domain type='kvm' id='7'>");
    expect(parseDomain(running)).toEqual(parseDomain(FULL));
  });

  test('with the least in it has defaults', () => {
    expect(parseDomain(minimal())).toEqual({
      name: 'a',
      uuid: null,
      title: null,
      description: null,
      memory: 4096,
      currentMemory: 4096,
      balloon: false,
      vcpus: 1,
      shares: null,
      kernel: '/k',
      initrd: null,
      cmdline: null,
      boot: [],
      onCrash: 'destroy',
      disks: [],
      interfaces: [],
    });
  });

  test('knows units of memory', () => {
    const memory = (value: string, unit: string) =>
      parseDomain(minimal().replace('<memory>4096', `<memory unit='${unit}'>${value}`)).memory;
    expect(memory('16', 'MiB')).toBe(16_384);
    expect(memory('16', 'M')).toBe(16_384);
    expect(memory('1', 'GiB')).toBe(2 ** 20);
    expect(memory('8192000', 'bytes')).toBe(8_000);
    expect(memory('8192', 'KB')).toBe(8_000);
    expect(memory('4096', 'k')).toBe(4_096);
  });

  test('takes a UUID in any form and keeps one', () => {
    const uuid = '<uuid>6695EB01F6A4830479AA97F2502E193F</uuid>';
    expect(parseDomain(minimal(uuid)).uuid).toBe('6695eb01-f6a4-8304-79aa-97f2502e193f');
  });
});

/** What virsh 9.0 said of the same mistakes, after "error: ". */
const RECORDED: readonly (readonly [string, string])[] = [
  [
    "<domain type='kvm'>\n  <name>x</nam>\n</domain>\n",
    '(domain_definition):2: Opening and ending tag mismatch: name line 2 and nam\n  <name>x</nam>\n---------------^\n',
  ],
  [
    "<domain type='kvm'>\n  <name>x</name>\n",
    '(domain_definition):3: Premature end of data in tag domain line 1\n(null)\n^\n',
  ],
  ['hello\n', "(domain_definition):1: Start tag expected, '<' not found\nhello\n^\n"],
  ['', '(domain_definition):1: Document is empty\n(null)\n^\n'],
  [
    "<domain type='kvm'><name>a</name>\n<memory unit=KiB>1024</memory><os><type>hvm</type></os></domain>\n",
    '(domain_definition):2: AttValue: " or \' expected\n<memory unit=KiB>1024</memory><os><type>hvm</type></os></domain>\n-------------^\n',
  ],
  ['<network/>', "XML error: expecting root element of 'domain', not 'network'"],
  [minimal().replace('<name>a</name>', ''), 'missing name information'],
  [minimal().replace('<name>a</name>', '<name></name>'), 'missing name information'],
  [minimal().replace('<name>a</name>', '<name>a/b</name>'), "XML error: name a/b cannot contain '/'"],
  [
    minimal().replace('<memory>4096</memory>', ''),
    'XML error: Memory size must be specified via <memory> or in the <numa> configuration',
  ],
  [
    minimal().replace('>4096<', '>0<'),
    'XML error: Memory size must be specified via <memory> or in the <numa> configuration',
  ],
  [minimal().replace('<memory>', "<memory unit='XB'>"), "invalid argument: unknown suffix 'XB'"],
  [
    minimal().replace('>4096<', '>abc<'),
    "XML error: Invalid value 'abc' for element or attribute './memory[1]'",
  ],
  [minimal('<vcpu>x</vcpu>'), 'XML error: maximum vcpus count must be an integer'],
  [minimal('<uuid>zz</uuid>'), 'internal error: malformed uuid element'],
  [
    "<domain type='kvm'><name>a</name><memory>4096</memory></domain>",
    'XML error: an os <type> must be specified',
  ],
  [minimal('', "type='foo'"), 'unsupported configuration: invalid domain type foo'],
  [minimal('', ''), 'internal error: missing domain type attribute'],
  [
    minimal("<devices><disk type='file'><source file='/x'/></disk></devices>"),
    'missing target information for device /x',
  ],
  [
    minimal(
      "<devices><disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/></disk><disk type='file'><source file='/y'/><target dev='vda' bus='virtio'/></disk></devices>",
    ),
    "XML error: target 'vda' duplicated for disk sources '/x' and '/y'",
  ],
  [
    minimal("<devices><disk><source file='/x'/><target dev='zz9' bus='virtio'/></disk></devices>"),
    "XML error: Unknown disk name 'zz9' and no address specified",
  ],
];

/** What is valid libvirt, and not simulated: refused by name and line. */
const REFUSED: readonly (readonly [string, string])[] = [
  [minimal('<features/>'), '<features> in <domain> (line 1)'],
  [minimal('\n<devices>\n<hostdev/></devices>'), '<hostdev> in <devices> (line 3)'],
  [minimal("<devices><disk type='block'/></devices>"), "'block' as <disk> (line 1)"],
  [minimal("<devices><disk device='cdrom'/></devices>"), "'cdrom' as <disk> (line 1)"],
  [
    minimal("<devices><disk><source file='/x'/><target dev='sda' bus='scsi'/></disk></devices>"),
    "'scsi' as <target> (line 1)",
  ],
  [
    minimal("<memory dumpCore='on'>1</memory>").replace('<memory>4096</memory>', ''),
    'attribute dumpCore of <memory>',
  ],
  [minimal('<currentMemory>2048</currentMemory>'), '<currentMemory> other than <memory>'],
  [minimal('<on_reboot>destroy</on_reboot>'), "'destroy' as <on_reboot>"],
  [minimal().replace('<kernel>/k</kernel>', '<loader>/l</loader>'), '<loader> in <os> (line 1)'],
  [minimal().replace('<type>', "<type arch='x86_64'>"), "'x86_64' as <type>"],
  [minimal("<devices><console type='tcp'/></devices>"), "'tcp' as <console>"],
];

function messageOf(source: string): string {
  try {
    parseDomain(source);
  } catch (error) {
    if (error instanceof LibvirtError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a mistake is told', () => {
  for (const [source, message] of RECORDED)
    test(message.split('\n')[0]!, () => expect(messageOf(source)).toBe(message));
});

describe('what is not simulated is refused', () => {
  for (const [source, message] of REFUSED)
    test(message, () => {
      expect(messageOf(source)).toContain(message);
      expect(messageOf(source)).toContain('is not simulated on this host');
    });
});

test('any text is read or refused, and nothing else happens', () => {
  for (let cut = 0; cut < FULL.length; cut += 3) {
    const cuts = [FULL.slice(0, cut), FULL.slice(cut), FULL.slice(0, cut) + FULL.slice(cut + 1)];
    for (const source of cuts) expect(typeof messageOf(source)).toBe('string');
  }
});
