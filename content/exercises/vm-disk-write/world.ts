/** The host of the exercise: the VM `db`, with a disk of its own in db.qcow2 and a second one whose back end is the learner's. */
import type { Scenario } from '../../../src/exercise/index.ts';
import {
  createQcow2,
  formatFat,
  MBR_TYPES,
  MemoryStore,
  SECTOR,
  sliceOf,
  writeMbr,
} from '../../../src/exercise/virtualization.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };

export const IMAGES = '/var/lib/libvirt/images';
/** What db.qcow2 was when the host last booted: made by the host itself, see {@link keepCopy}. */
export const BOOT_COPY = '/var/backups/db.qcow2';
/** The file in the guest that has to survive. */
export const GUEST_FILE = 'order.txt';

const DISK = 8 * MIB;
const PARTITION = 2048;

/** A disk with one partition, FAT16, as qemu-img and mkfs.vfat would have made it. */
function guestDisk(): Uint8Array {
  const store = new MemoryStore();
  const image = createQcow2(store, { size: DISK });
  const sectors = DISK / SECTOR - PARTITION;
  writeMbr(image, {
    diskId: 0x1db,
    partitions: [{ number: 1, bootable: true, type: MBR_TYPES.fat16, start: PARTITION, sectors }],
  });
  const partition = sliceOf(image, PARTITION, sectors);
  formatFat(partition, { bits: 16, volumeId: 0x1db, label: 'DB', hidden: PARTITION });
  image.flush();
  return store.read(0, store.size);
}

/** The same bytes for each session: made once. */
let disk: Uint8Array | null = null;

const domain = `<domain type='kvm'>
  <name>db</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=db root=/dev/vda1</cmdline>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='${IMAGES}/db.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${IMAGES}/lab.img'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <console type='pty'/>
  </devices>
</domain>
`;

const keepCopy = `#!/bin/sh
# What a power cut has left of the disk, before anybody can change it.
cp ${IMAGES}/db.qcow2 ${BOOT_COPY}
`;

const readme = `The VM "db" runs on this host. Its disk vda is the file
${IMAGES}/db.qcow2.

  virsh console db      its console; log in as root, leave with Ctrl-]
  virsh start db        after a power cut

In the VM, help lists all commands. For this you need write FILE TEXT, cat, ls,
sync, dd, and trace on, trace: the stations of a write inside the guest.
On the host, trace shows its way from there, doorbell to interrupt:

  trace -l 12 -k 'virtq.*,image.*,irq.raise'

1. In the VM, write a line of your own into /${GUEST_FILE}, so that it is
   still there after you have cut the power of the host:

       host power-cycle

   The terminal ends with it. Enter starts a new shell.

2. Where do the bytes of /${GUEST_FILE} lie? Write the place of the first one,
   in bytes from the beginning of db.qcow2, into ~/where.txt. The guest's trace
   tells the sectors of its disk; qemu-img map --output=json tells where the
   disk's bytes are in the image. Look there with hexdump -C.

3. The disk vdb is yours: virtio-blk.ts in the editor is its back end, and
   ${IMAGES}/lab.img is its image. In the VM:

       write /note.txt "hello from the guest"
       dd if=/note.txt of=/dev/vdb seek=3
       dd if=/dev/vdb skip=3 count=1

   and on the host: hexdump -C ${IMAGES}/lab.img
`;

const motd = `This is bluebox, with the VM "db".
README.txt says what there is to do.
`;

const setup = `
virsh define /usr/share/virtbook/db.xml >/dev/null
virsh start db >/dev/null
sleep 0.2
`;

export const scenario = (): Scenario => ({
  hosts: [
    {
      name: 'bluebox',
      user: 'student',
      motd,
      hypervisor: { memory: 16 * MIB, traceExits: true },
      files: {
        '/var/backups': { type: 'dir' },
        '/etc/init.d/40-keep': { content: keepCopy, mode: 0o755 },
        '/usr/share/virtbook/db.xml': domain,
        [`${IMAGES}/db.qcow2`]: { content: (disk ??= guestDisk()), mode: 0o644 },
        [`${IMAGES}/lab.img`]: { content: new Uint8Array(64 * SECTOR), mode: 0o644 },
        '/home/student/README.txt': { content: readme, ...student },
      },
      setup,
    },
  ],
});
