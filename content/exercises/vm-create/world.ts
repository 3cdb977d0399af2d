/** The host of the exercise: a base image, and three VMs whose disks are overlays over it. */
import { encodeUtf8, type FileTree, type Scenario } from '../../../src/exercise/index.ts';
import {
  bootableDisk,
  createQcow2,
  guestInitramfs,
  MemoryStore,
} from '../../../src/exercise/virtualization.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };

export const IMAGES = '/var/lib/libvirt/images';
export const BASE = `${IMAGES}/base.raw`;
/** Where domains that are defined are kept. */
export const DEFINITIONS = '/etc/libvirt/qemu';
/** Those that run from the beginning. */
export const OLD_VMS: readonly string[] = ['web', 'shop', 'mail'];

const GUESTS_MEMORY = 64 * MIB;

/** The same bytes for each session: made once. */
let base: Uint8Array | null = null;

/** A system that asks the network for its address: what makes a machine of it one of many is not in the image. */
export function baseImage(): Uint8Array {
  if (base === null) {
    const store = bootableDisk({
      commandLine: 'root=/dev/vda1',
      initramfs: guestInitramfs({ drivers: ['virtio_blk', 'virtio_net'] }),
      label: 'BASE',
      diskId: 0xba5e,
      time: 1_767_603_600,
      files: { '/etc/motd': encodeUtf8('Made from base.raw\n') },
    });
    base = store.read(0, store.size);
  }
  return base;
}

/** What `qemu-img create -f qcow2 -b base.raw -F raw` makes: the same bytes for each VM. */
function overlayImage(): Uint8Array {
  const store = new MemoryStore();
  const size = baseImage().length;
  createQcow2(store, { size, backingFile: 'base.raw', backingFormat: 'raw' }).flush();
  return store.read(0, store.size);
}

const domain = (name: string) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>8</memory>
  <vcpu>1</vcpu>
  <os>
    <type>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='${IMAGES}/${name}.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
    <console type='pty'/>
  </devices>
</domain>
`;

const readme = `This host has a processor and 64 MiB of memory for VMs (virsh nodeinfo). Three
run: ${OLD_VMS.join(', ')}, 8 MiB each. Their disks lie over one image:

  cd ${IMAGES}
  ls -l
  qemu-img info --backing-chain web.qcow2
  sha256sum base.raw

Make a fourth VM from base.raw, with any name, so that

1. its disk is an image of its own in this directory, over base.raw and without
   a copy of it:   qemu-img create -f qcow2 -b FILE -F FORMAT NAME.qcow2

2. it is defined from a description, and runs. That of another VM is a
   beginning:      virsh dumpxml web > ~/new.xml
   What in it is web's own, and cannot be the new one's too? There is sed -i.
                   virsh define ~/new.xml; virsh start NAME
   It is a system when virsh console NAME shows a login (root; leave it with
   Ctrl-], and look at dhcp, ip addr, write /note.txt TEXT, sync).

3. it has a MAC address that no other VM has:   virsh domiflist NAME

4. base.raw is what it was, and the other three still run.

What did it cost?  ls -l; virsh dommemstat NAME (actual is what the VM has been
promised, rss what it has got so far, in KiB).

create.ts in the editor does on a hypervisor what you have done here by hand,
and what virsh start did for you. There is a second, empty hypervisor to try it
on, of 16 MiB; mkdir there calls your createVm:

  cd /testhost
  cat spec              what is asked for: memory=2M vcpus=2 image=base.raw or
                        other.raw, damaged.qcow2; mac=52:54:00:00:00:09
  mkdir vms/one         rmdir vms/one removes it again
  cat host              its accounts: who has what
  echo makeDevices > fail; mkdir vms/two; cat host; : > fail

With each saved change of create.ts it is empty again.
`;

const motd = `This is bluebox, with a base image and the VMs ${OLD_VMS.join(', ')}.
README.txt says what there is to do.
`;

const setup = `
cd ${IMAGES}
for vm in ${OLD_VMS.join(' ')}; do
  virsh define /usr/share/virtbook/$vm.xml >/dev/null
  virsh start $vm >/dev/null
done
mount -t create-lab testhost /testhost
chown root:libvirt .
chmod 775 .
`;

function vmFiles(): FileTree {
  const content = overlayImage();
  return Object.fromEntries(
    OLD_VMS.flatMap((name) => [
      [`/usr/share/virtbook/${name}.xml`, domain(name)],
      [`${IMAGES}/${name}.qcow2`, { content, mode: 0o644 }],
    ]),
  );
}

export const scenario = (): Scenario => ({
  hosts: [
    {
      name: 'bluebox',
      user: 'student',
      motd,
      hypervisor: { memory: GUESTS_MEMORY },
      files: {
        ...vmFiles(),
        '/testhost': { type: 'dir' },
        [BASE]: { content: baseImage(), mode: 0o444 },
        '/home/student/README.txt': { content: readme, ...student },
      },
      setup,
    },
  ],
});
