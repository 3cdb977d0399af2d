/** The host of the exercise: a hypervisor whose decisions are the learner's, mallory before alice in memory and on the volume, and bob. */
import { encodeUtf8, type FileTree, Random, type Scenario } from '../../../src/exercise/index.ts';
import { ATTACK_SOURCES } from '../../../src/exercise/virtualization.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };
/** Sectors of each VM's disk: 1 MiB. */
const SECTORS = 2048;
const POOL = '/var/lib/libvirt/images/pool.img';

interface Guest {
  readonly name: string;
  /** Its place in memory, on the volume, and in the network. */
  readonly number: number;
  readonly vlan: number;
}

const GUESTS: readonly Guest[] = [
  { name: 'mallory', number: 0, vlan: 20 },
  { name: 'alice', number: 1, vlan: 10 },
  { name: 'bob', number: 2, vlan: 10 },
];

const mac = (number: number) => `52:54:00:00:00:${(0x0a + number).toString(16).padStart(2, '0')}`;

/** What alice keeps on her disk: every learner's is another. */
function secretOf(seed: string): string {
  const random = Random.fromSeed(`${seed}/secret`);
  const words = ['amber', 'birch', 'cobalt', 'dune', 'ember', 'fjord', 'grove', 'harbor'];
  return `${random.pick(words)}-${random.pick(words)}-${random.between(100, 999)}`;
}

function pool(seed: string): Uint8Array {
  const bytes = new Uint8Array(GUESTS.length * SECTORS * 512);
  for (const { name, number } of GUESTS)
    bytes.set(
      encodeUtf8(`The disk of ${name}.${name === 'alice' ? ` Secret: ${secretOf(seed)}` : ''}\n`),
      number * SECTORS * 512,
    );
  return bytes;
}

const domain = ({ name, number, vlan }: Guest) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=${name} ip=10.0.0.${number + 1}/24</cmdline>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${POOL}'>
        <slices>
          <slice type='storage' offset='${number * SECTORS * 512}' size='${SECTORS * 512}'/>
        </slices>
      </source>
      <target dev='vda' bus='virtio'/>
      <shareable/>
    </disk>
    <interface type='bridge'>
      <mac address='${mac(number)}'/>
      <source bridge='virbr0'/>
      <vlan>
        <tag id='${vlan}'/>
      </vlan>
      <model type='virtio'/>
    </interface>
    <console type='pty'/>
  </devices>
</domain>
`;

const readme = `Three VMs run on this host, and its hypervisor asks your isolation.ts for
everything that could keep them apart. As it is, nothing does.

  virsh console mallory    log in as root; leave with Ctrl-]
  virsh start mallory      after it has crashed (or alice, or bob)

mallory's programs; their sources are in /usr/share/doc/mallory:

  peek ADDRESS [WORDS], poke ADDRESS VALUE   memory by its physical address
  dma read|write ADDRESS SECTOR              the same by the disk's hand
  hog                                        the processor, for ever
  dd if=/dev/vda skip=N count=1              sectors of the disk
  sniff, spoof FROM-MAC TO-MAC               frames of others, in their name

Each VM has 8 MiB of RAM from 0x80000000 on, and 2048 sectors of disk.
alice's lie right behind mallory's. alice is ${mac(1)}, 10.0.0.2;
bob is ${mac(2)}, 10.0.0.3. Both are in one VLAN;
mallory, ${mac(0)}, is in another.

1. Read alice's secret as mallory: it is in sector 0 of her disk. Write the
   word behind "Secret:" into ~/secret.txt.

2. Watch a heartbeat in alice (virsh console alice in a second terminal, then
   heartbeat) stop while mallory runs hog; sniff what alice and bob say to
   each other (ping 10.0.0.3); poke 0x80a00000 and see what becomes of alice.

3. Which function in isolation.ts is to stop which attack? Write a line
   "PROGRAM FUNCTION" for each of peek, dma, hog, dd, sniff, spoof into
   ~/walls.txt. Then write the functions, and try the attacks again. A VM
   keeps in its own memory what it has read from a disk: ask for another
   sector then, or start it anew (virsh destroy, virsh start).
`;

const motd = `This is bluebox, with the VMs "mallory", "alice" and "bob".
README.txt says what there is to do.
`;

const setup = `
for vm in ${GUESTS.map(({ name }) => name).join(' ')}; do
  virsh define /usr/share/virtbook/$vm.xml >/dev/null
  virsh start $vm >/dev/null
done
sleep 0.3
`;

const sources: FileTree = Object.fromEntries(
  Object.entries(ATTACK_SOURCES).map(([name, text]) => [`/usr/share/doc/mallory/${name}`, text]),
);

export const scenario = (seed: string): Scenario => ({
  hosts: [
    {
      name: 'bluebox',
      user: 'student',
      motd,
      hypervisor: { memory: 28 * MIB, traceExits: true },
      files: {
        ...sources,
        ...Object.fromEntries(
          GUESTS.map((guest) => [`/usr/share/virtbook/${guest.name}.xml`, domain(guest)]),
        ),
        [POOL]: { content: pool(seed), mode: 0o644 },
        '/home/student/README.txt': { content: readme, ...student },
      },
      setup,
    },
  ],
});
