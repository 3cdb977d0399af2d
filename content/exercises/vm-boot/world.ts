/** The host of the exercise: five VMs, each with one link of its boot chain missing. */
import { encodeUtf8, type FileTree, type Scenario } from '../../../src/exercise/index.ts';
import {
  bootableDisk,
  FatFs,
  formatFat,
  guestInitramfs,
  guestKernel,
  loaderConfiguration,
  loaderImage,
  MBR_TYPES,
  MemoryStore,
  openImage,
  SECTOR,
  sliceOf,
  writeMbr,
} from '../../../src/exercise/virtualization.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };

export const IMAGES = '/var/lib/libvirt/images';
export const TFTP_ROOT = '/var/lib/tftpboot';
/** Of the virtual network's DHCP server: below {@link TFTP_ROOT}. */
const BOOT_FILE = 'loader.bin';

const DISK = 8 * MIB;
const DATA_DISK = 4 * MIB;
const PARTITION = 2048;
/** 2026-01-02: when somebody last made these disks. */
const TIME = 1_767_312_000;

/** What is written of a disk; the setup adds the rest of it as a hole. */
function written(store: MemoryStore): Uint8Array {
  let end = 0;
  for (let range = store.dataFrom(0); range !== null; range = store.dataFrom(range.end)) {
    end = range.end;
    if (end >= store.size) break;
  }
  return store.read(0, Math.min(end, store.size));
}

/** A disk with a system of the name `hostname`, made from another one. */
function systemDisk(model: Uint8Array, hostname: string, root: string, files: FilesOfDisk = {}): Uint8Array {
  const store = MemoryStore.of(model.slice());
  store.truncate(DISK);
  const disk = openImage(store, 'raw', { backing: null, writable: true });
  const system = FatFs.open(sliceOf(disk, PARTITION, DISK / SECTOR - PARTITION));
  const configuration = loaderConfiguration(`hostname=${hostname} root=${root}`);
  for (const [path, bytes] of Object.entries({ '/syslinux.cfg': encodeUtf8(configuration), ...files }))
    system.writeFile(path, bytes, TIME);
  disk.flush();
  return written(store);
}

type FilesOfDisk = Readonly<Record<string, Uint8Array>>;

/** Partitioned and formatted, so it ends its first sector as every such disk does; but there is no code in it. */
function dataDisk(): Uint8Array {
  const store = new MemoryStore();
  store.truncate(DATA_DISK);
  const disk = openImage(store, 'raw', { backing: null, writable: true });
  const sectors = DATA_DISK / SECTOR - 63;
  writeMbr(disk, {
    diskId: 0xda7a,
    partitions: [{ number: 1, bootable: false, type: MBR_TYPES.fat16, start: 63, sectors }],
  });
  const partition = sliceOf(disk, 63, sectors);
  formatFat(partition, { bits: 16, volumeId: 0xda7a, label: 'DATA', hidden: 63 });
  FatFs.open(partition).writeFile('/orders.txt', encodeUtf8('one coffee\n'), TIME);
  disk.flush();
  return written(store);
}

function withoutSignature(disk: Uint8Array): Uint8Array {
  const copy = disk.slice();
  copy.fill(0, 510, 512);
  return copy;
}

function diskFiles(): FileTree {
  const model = written(bootableDisk({ size: DISK, diskId: 0x20260102, time: TIME }));
  const noDriver = { '/initrd.img': guestInitramfs({ drivers: ['virtio_net'] }) };
  const disks = {
    'web.img': systemDisk(model, 'web', '/dev/vdb1'),
    'web-data.img': dataDisk(),
    'mail.img': withoutSignature(systemDisk(model, 'mail', '/dev/vda1')),
    'db.img': systemDisk(model, 'db', '/dev/sda1'),
    'cache.img': systemDisk(model, 'cache', '/dev/vda1', noDriver),
  };
  return Object.fromEntries(
    Object.entries(disks).map(([name, content]) => [`${IMAGES}/${name}`, { content, mode: 0o644 }]),
  );
}

/** The same bytes for each session: made once. */
let files: FileTree | null = null;

const disk = (file: string, target: string, more = '') => `
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${IMAGES}/${file}'/>
      <target dev='${target}' bus='virtio'/>${more}
    </disk>`;

const nic = `
    <interface type='network'>
      <mac address='52:54:00:00:00:05'/>
      <source network='default'/>
      <model type='virtio'/>
    </interface>`;

const domain = (name: string, boot: string, devices: string) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>${boot}
  </os>
  <devices>${devices}
    <console type='pty'/>
  </devices>
</domain>
`;

const ASKED_FIRST = `\n      <boot order='1'/>`;
const bootFrom = (device: string) => `\n    <boot dev='${device}'/>`;

/** Names of the VMs, and their definitions. */
const DOMAINS: Readonly<Record<string, string>> = {
  web: domain('web', '', disk('web-data.img', 'vda', ASKED_FIRST) + disk('web.img', 'vdb')),
  mail: domain('mail', bootFrom('hd'), disk('mail.img', 'vda')),
  db: domain('db', bootFrom('hd'), disk('db.img', 'vda')),
  cache: domain('cache', bootFrom('hd'), disk('cache.img', 'vda')),
  kiosk: domain('kiosk', bootFrom('network'), nic),
};

const readme = `Five VMs are defined on this host. None of them gets as far as "login:".

  virsh list --all
  virsh start web --console    start it and watch; leave with Ctrl-]
  virsh destroy web            switch it off

  web     was given a second disk for its data; its system is on vdb
  mail    was copied from another host
  db      had a disk called sda there
  cache   has got a new initramfs
  kiosk   has no disk: it boots over the network

1. Bring all five up, each with its own system, to its own login. What the
   console says last tells which link of the chain is missing: read it before
   you mend. The images belong to root, so sudo is needed:

     cd ${IMAGES}
     hexdump -C -n 512 mail.img                      its first sector
     printf '\\x41' | sudo dd of=FILE bs=1 seek=NUMBER conv=notrunc
                                     puts a byte (here 0x41) at a place
     mdir  -i db.img@@1M ::                         what its partition holds
     mtype -i db.img@@1M ::/syslinux.cfg            shows a file of it
     mcopy -i db.img@@1M ::/syslinux.cfg ~          takes it out
     sudo mcopy -o -i db.img@@1M ~/syslinux.cfg ::/ puts it back

   An initramfs is a cpio archive. In an empty directory:

     cpio -id < ../initrd.img
     find . | cpio -o -H newc > ../initrd.img

   The definition of a VM, and what stands behind it:

     virsh dumpxml web > web.xml; nano web.xml; virsh define web.xml

   The network "default" of this host names the boot file ${BOOT_FILE} to
   whoever asks. It and all that follows is fetched by TFTP from
   ${TFTP_ROOT}. The loader there wants pxelinux.cfg/default, in
   the same language as syslinux.cfg; the files that it names are looked for
   beside ${BOOT_FILE}.

2. firmware.ts in the editor is asked at each start of a VM, in place of its
   boot ROM, which device it starts from. As long as boot gives null, the ROM
   looks for one itself. Save yours, start a VM, and read its console.
`;

const motd = `This is bluebox, with five VMs that do not boot.
README.txt says what there is to do.
`;

const setup = `
cd ${IMAGES}
truncate -s ${DISK} web.img mail.img db.img cache.img
truncate -s ${DATA_DISK} web-data.img
for vm in ${Object.keys(DOMAINS).join(' ')}; do virsh define /usr/share/virtbook/$vm.xml >/dev/null; done
`;

export const scenario = (): Scenario => {
  files ??= diskFiles();
  return {
    hosts: [
      {
        name: 'bluebox',
        user: 'student',
        motd,
        hypervisor: {
          memory: 48 * MIB,
          traceConsole: true,
          networkBoot: { tftpRoot: TFTP_ROOT, bootFile: BOOT_FILE },
        },
        files: {
          ...files,
          ...Object.fromEntries(
            Object.entries(DOMAINS).map(([name, xml]) => [`/usr/share/virtbook/${name}.xml`, xml]),
          ),
          [TFTP_ROOT]: { type: 'dir' },
          [`${TFTP_ROOT}/${BOOT_FILE}`]: { content: loaderImage() },
          [`${TFTP_ROOT}/vmlinux`]: { content: guestKernel() },
          [`${TFTP_ROOT}/initrd.img`]: { content: guestInitramfs() },
          '/home/student/README.txt': { content: readme, ...student },
        },
        setup,
      },
    ],
  };
};
