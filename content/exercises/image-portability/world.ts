/** The host of the exercise, with the clients of two simulated clouds: one has an image that boots there, the other wants it. */
import { encodeUtf8, type FileTree, type Scenario } from '../../../src/exercise/index.ts';
import { bootableDisk, guestInitramfs } from '../../../src/exercise/virtualization.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };

export const IMAGE_ID = 'ami-0a49b1c7d2e5f3861';
export const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9wq0mQvT3l0bq5m7fXn2Yc1oZr8hKs4uVd6eTgWxLp student@bluebox';

const cloud = { type: 'dir', mode: 0o700 } as const;

const amazon = {
  images: [
    {
      ImageId: IMAGE_ID,
      Name: 'web-2026-01',
      Architecture: 'riscv32',
      BootMode: 'legacy-bios',
      RootDeviceName: '/dev/vda1',
      VolumeSizeGiB: 1,
      Encrypted: false,
      ProductCodes: [],
    },
    {
      ImageId: 'ami-06d4c0b81f7a2e93d',
      Name: 'reports-with-database',
      Architecture: 'riscv32',
      BootMode: 'legacy-bios',
      RootDeviceName: '/dev/vda1',
      VolumeSizeGiB: 1,
      Encrypted: false,
      ProductCodes: ['acme-db-standard'],
    },
  ],
  exports: [],
  instances: [],
  counted: 0,
};

const clouds: FileTree = {
  '/var/lib/aws-sim': cloud,
  '/var/lib/aws-sim/buckets': cloud,
  '/var/lib/aws-sim/buckets/exports': cloud,
  '/var/lib/aws-sim/images': cloud,
  '/var/lib/aws-sim/state.json': { content: `${JSON.stringify(amazon, null, 2)}\n`, mode: 0o600 },
  '/var/lib/gcloud-sim': cloud,
  '/var/lib/gcloud-sim/buckets': cloud,
  '/var/lib/gcloud-sim/buckets/transfer': cloud,
};

const readme = `Two simulated clouds are reached from this host. Nothing of it is real but
the bytes: what one gives out are disk images, what the other takes it opens.

  aws-sim help       has the image ${IMAGE_ID},
                     and a bucket s3://exports
  gcloud-sim help    has no image yet, and a bucket gs://transfer

1. Bring the image from aws-sim to gcloud-sim. Ways and tools:

   aws-sim ec2 describe-images            what there is
   aws-sim ec2 run-instances --image-id ID        whether it boots there
   aws-sim ec2 get-console-output --instance-id ID
   aws-sim ec2 export-image --image-id ID --disk-image-format VMDK \\
       --s3-export-location S3Bucket=exports          (or RAW)
   aws-sim ec2 describe-export-image-tasks
   aws-sim s3 cp s3://exports/KEY .
   qemu-img convert -f vmdk -O raw FILE disk.raw

   gcloud-sim storage cp FILE gs://transfer/
   gcloud-sim compute images create NAME --source-uri=gs://transfer/FILE

   An import that is refused names its reasons: mend them one by one.

2. Start an instance of it that gets your key and an address. ssh-keys.txt
   has the line for that:

   gcloud-sim compute instances create NAME --image=NAME \\
       --metadata-from-file=ssh-keys=ssh-keys.txt
   gcloud-sim compute instances get-serial-port-output NAME
   gcloud-sim compute instances list

3. port.ts in the editor plans such moves. Saved, it is asked at once for
   both images of aws-sim:

   head /plans/*

Looking into a raw disk. Its only partition begins at 1 MiB and is FAT:

   mdir  -i disk.raw@@1M ::               what is in it (also ::/etc)
   mtype -i disk.raw@@1M ::/syslinux.cfg  shows a file
   mcopy -i disk.raw@@1M ::/FILE .        takes a file out
   mcopy -o -i disk.raw@@1M FILE ::/      puts it back, over the old one

Taking an initramfs apart, in an empty directory, and putting it together:

   cpio -id < ../initrd.img
   find . | cpio -o -H newc > ../initrd.img
`;

const motd = `This is bluebox, from where two simulated clouds are reached.
README.txt says what there is to do.
`;

const GIB = 2 ** 30;

/** The image as it was made for the first cloud: a driver for its disk is in the initramfs, and its agent asks that cloud. */
function imageBytes(): Uint8Array {
  const store = bootableDisk({
    size: GIB,
    commandLine: 'root=/dev/vda1 hostname=web',
    initramfs: guestInitramfs({ drivers: ['virtio_blk'] }),
    label: 'WEB',
    diskId: 0x20260105,
    time: 1_767_603_600,
    files: {
      '/etc/agent.cfg': encodeUtf8('datasource=ec2\n'),
      '/srv/index.htm': encodeUtf8('<h1>It works on the first cloud</h1>\n'),
    },
  });
  // The rest of the disk was never written: the setup adds it as a hole.
  let end = 0;
  for (let range = store.dataFrom(0); range !== null; range = store.dataFrom(range.end)) {
    end = range.end;
    if (end >= GIB) break;
  }
  return store.read(0, Math.min(end, GIB));
}

/** The same bytes for each session: made once. */
let image: Uint8Array | null = null;

const setup = `
cd /var/lib/aws-sim/images
truncate -s 1G ${IMAGE_ID}.raw
# The other image has the same system below its database.
ln ${IMAGE_ID}.raw ami-06d4c0b81f7a2e93d.raw
mount -t plan-lab plans /plans
`;

export const scenario = (): Scenario => {
  image ??= imageBytes();
  return {
    hosts: [
      {
        name: 'bluebox',
        user: 'student',
        motd,
        clouds: true,
        hypervisor: { memory: 32 * MIB },
        files: {
          ...clouds,
          [`/var/lib/aws-sim/images/${IMAGE_ID}.raw`]: { content: image, mode: 0o600 },
          '/plans': { type: 'dir' },
          '/home/student/README.txt': { content: readme, ...student },
          '/home/student/ssh-keys.txt': { content: `student:${PUBLIC_KEY}\n`, ...student },
          '/home/student/.ssh': { type: 'dir', mode: 0o700, ...student },
          '/home/student/.ssh/id_ed25519.pub': { content: `${PUBLIC_KEY}\n`, ...student },
        },
        setup,
      },
    ],
  };
};
