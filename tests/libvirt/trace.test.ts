/** trace: the stations of a guest's write to its disk, as the host sees them, each with its cause. */
import { describe, expect, test } from 'vitest';
import { fatDisk } from '../support/fatImage.ts';
import { diskXml, domainXml, type VmHost, vmHost } from '../support/vmHost.ts';

const IMAGE = '/var/lib/libvirt/images/db.qcow2';
const DOMAIN = `<domain type='kvm'><name>db</name><memory unit='MiB'>8</memory><os><type>hvm</type>
<kernel>/usr/share/virtbook/kernel</kernel><initrd>/usr/share/virtbook/initramfs</initrd>
<cmdline>hostname=db root=/dev/vda1</cmdline></os><devices>${diskXml(IMAGE, 'vda')}<console type='pty'/></devices></domain>`;

interface Line {
  readonly seconds: number;
  readonly number: number;
  readonly subject: string;
  readonly kind: string;
  readonly text: string;
  readonly cause: number | null;
}

function parse(output: string): Line[] {
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const match = /^\[ *(\d+\.\d{6})\] #(\d+) +(\S+) +(\S+) +(.*?)(?: {2}<- #(\d+))?$/.exec(line);
      if (match === null) throw new Error(`no line of trace: ${line}`);
      const [, seconds, number, subject, kind, text, cause] = match;
      return {
        seconds: Number(seconds),
        number: Number(number),
        subject: subject!,
        kind: kind!,
        text: text!,
        cause: cause === undefined ? null : Number(cause),
      };
    });
}

/** A host with a guest that has written a file and brought it to its disk, and when it began to. */
function written(): { vms: VmHost; since: string } {
  const vms = vmHost(
    {
      '/tmp/db.xml': DOMAIN,
      '/srv/fat.img': { content: fatDisk() },
      '/tmp/idle.xml': domainXml('idle'),
    },
    { traceExits: true },
  );
  vms.out(
    `qemu-img convert -f raw -O qcow2 /srv/fat.img ${IMAGE}; virsh define db.xml; virsh create idle.xml`,
  );
  const terminal = vms.terminal();
  terminal.type('virsh start db --console\r');
  terminal.type('root\r');
  const since = (vms.world.now / 1e9).toFixed(6);
  terminal.type('echo hello > note.txt\r');
  terminal.type('sync\r');
  return { vms, since };
}

describe('a write', () => {
  test('goes from the exit at the doorbell to the image file and back to the interrupt, station by station', () => {
    const { vms, since } = written();
    const lines = parse(vms.out(`trace --vm db --since ${since}`));
    const write = lines.find(({ kind }) => kind === 'image.write')!;
    const by = new Map(lines.map((line) => [line.number, line]));
    const before: string[] = [];
    for (let line: Line | undefined = write; line !== undefined; line = by.get(line.cause ?? -1))
      before.unshift(`${line.subject} ${line.kind}`);
    expect(before).toEqual([
      'db vm.exit',
      ...['notify', 'pop'].map((at) => `db/virtio0 virtq.${at}`),
      'db/virtio0 image.write',
    ]);
    expect(write.text).toMatch(/^file \/var\/lib\/libvirt\/images\/db\.qcow2, offset \d+, bytes \d+$/);
    const led = (from: number, kind: string): Line =>
      lines.find((line) => line.kind === kind && line.cause !== null && line.cause >= from)!;
    const request = led(write.number, 'block.request');
    const push = lines.find(({ kind, cause }) => kind === 'virtq.push' && cause === request.number)!;
    const raise = lines.find(({ kind, cause }) => kind === 'irq.raise' && cause === push.number)!;
    const claim = lines.find(({ kind, cause }) => kind === 'irq.claim' && cause === raise.number)!;
    expect([request, push, raise, claim].map(({ subject }) => subject)).toEqual([
      ...['db/virtio0', 'db/virtio0', 'db/plic', 'db/plic'],
    ]);
    expect(claim.seconds).toBeGreaterThan(write.seconds - 1e-4);
  });

  test('a sync ends with the image on the host’s disk', () => {
    const { vms, since } = written();
    const [flush] = parse(vms.out(`trace --kind image.flush --since ${since}`));
    expect(flush!.text).toBe(`file ${IMAGE}`);
  });

  test('numbers are the causes’ own, and no cause comes after what it led to', () => {
    const { vms } = written();
    const lines = parse(vms.out('trace --all'));
    const at = new Map(lines.map(({ number }, i) => [number, i]));
    expect(at.size).toBe(lines.length);
    for (const [i, { cause }] of lines.entries()) if (cause !== null) expect(at.get(cause)).toBeLessThan(i);
    expect(lines.filter(({ cause }) => cause !== null).length).toBeGreaterThan(50);
    const ofDb = parse(vms.out('trace --all --vm db'));
    for (const [i, { kind, cause }] of ofDb.entries())
      if (kind === 'virtq.notify') expect(ofDb[i - 1]).toMatchObject({ kind: 'vm.exit', number: cause });
  });
});

describe('what is shown', () => {
  test('of one VM alone, of some kinds, of a time, the last of them', () => {
    const { vms, since } = written();
    const all = parse(vms.out('trace'));
    expect(new Set(all.map(({ subject }) => subject.split('/')[0]))).toEqual(
      new Set(['bluebox', 'idle', 'db']),
    );
    const kinds = (options: string) => new Set(parse(vms.out(`trace ${options}`)).map(({ kind }) => kind));
    expect(kinds('--vm idle')).toEqual(new Set(['kvm.create', 'vm.start', 'domain.state']));
    expect(kinds("--kind 'irq.*,virtq.push'")).toEqual(
      new Set(['irq.raise', 'irq.lower', 'irq.claim', 'irq.complete', 'virtq.push']),
    );
    const early = parse(vms.out(`trace --until ${since}`));
    const late = parse(vms.out(`trace --since ${since}`));
    expect(early.length + late.length).toBe(all.length);
    expect(parse(vms.out('trace --last 3'))).toEqual(parse(vms.out('trace')).slice(-3));
    vms.advance(2);
    expect(vms.out('trace --since -1')).toBe('');
    // Whoever computes and types is not on a request's way.
    expect(vms.out('trace')).not.toMatch(/wfi|pageIn|vcpu\.run|0x10000000/);
    expect(vms.out('trace --all')).toMatch(/wfi[\s\S]*task\.exec/);
  });

  test('wrong options are told, and who may not see it is refused', () => {
    const { vms } = written();
    for (const [options, said] of [
      ['--since soon', "invalid time: 'soon'"],
      ['--last few', "invalid number of events: 'few'"],
      ['db', "extra operand 'db'"],
      ['--follow', "unrecognized option '--follow'"],
    ])
      expect(vms.sh(`trace ${options}`).err).toContain(`trace: ${said}\n`);
    expect(vms.sh('trace --last 1', 'student').status).toBe(0);
    expect(vms.sh('trace', 'nobody')).toEqual({
      out: '',
      err: 'trace: /dev/trace: Permission denied\n',
      status: 1,
    });
    expect(vms.sh('cat /dev/trace | head -n 1').out).toMatch(/^\{"seq":\d+,"time":\d+,"kind":/);
  });
});
