/** The host of the exercise, with the clients of two simulated clouds: one has an image that boots there, the other wants it. */
import type { FileTree, Scenario } from '../../../src/exercise/index.ts';
import '../../../src/exercise/utilities.ts';
import '../../../src/exercise/virtualization.ts';

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
  // The machines' processes find their kernels below these two.
  '/var/lib/aws-sim': { type: 'dir', mode: 0o711 },
  '/var/lib/aws-sim/buckets': cloud,
  '/var/lib/aws-sim/buckets/exports': cloud,
  '/var/lib/aws-sim/images': cloud,
  '/var/lib/aws-sim/state.json': { content: `${JSON.stringify(amazon, null, 2)}\n`, mode: 0o600 },
  '/var/lib/gcloud-sim': { type: 'dir', mode: 0o711 },
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
   aws-sim ec2 export-image --image-id ID --disk-image-format RAW \\
       --s3-export-location S3Bucket=exports
   aws-sim ec2 describe-export-image-tasks
   aws-sim s3 cp s3://exports/KEY disk.raw

   gcloud-sim storage cp FILE gs://transfer/
   gcloud-sim compute images create NAME --source-uri=gs://transfer/FILE

   An import that is refused names its reasons: mend them one by one.

2. Start an instance of it that has your key. ssh-keys.txt has the line
   for that:

   gcloud-sim compute instances create NAME --image=NAME \\
       --metadata-from-file=ssh-keys=ssh-keys.txt
   gcloud-sim compute instances get-serial-port-output NAME

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

/** The image as it was made for the first cloud: its disk's driver is in the initramfs, and its agent asks that cloud. */
const setup = `
image=/var/lib/aws-sim/images/${IMAGE_ID}.raw
work=$(mktemp -d)
cd $work
truncate -s 1G disk
printf '\\200\\0\\0\\0\\016\\0\\0\\0\\0\\010\\0\\0\\0\\370\\037\\0' | dd of=disk bs=1 seek=446 conv=notrunc status=none
printf '\\125\\252' | dd of=disk bs=1 seek=510 conv=notrunc status=none
mkfs.vfat -F 16 -n WEB -i 20260105 --offset 2048 disk >/dev/null
mkdir root
(cd root; cpio -id --quiet </usr/share/virtbook/initramfs; echo virtio_blk >etc/modules; find . | sort | cpio -o -H newc --quiet >../initrd.img)
cp /usr/share/virtbook/kernel vmlinux
printf 'DEFAULT linux\\nLABEL linux\\n  KERNEL /vmlinux\\n  INITRD /initrd.img\\n  APPEND root=/dev/vda1 hostname=web\\n' >syslinux.cfg
echo datasource=ec2 >agent.cfg
echo '<h1>It works on the first cloud</h1>' >index.htm
mmd -i disk@@1M ::/etc ::/srv
mcopy -i disk@@1M vmlinux initrd.img syslinux.cfg ::/
mcopy -i disk@@1M agent.cfg ::/etc
mcopy -i disk@@1M index.htm ::/srv
chmod 600 disk
mv disk $image
# The other image has the same system below its database.
ln $image /var/lib/aws-sim/images/ami-06d4c0b81f7a2e93d.raw
mount -t plan-lab plans /plans
cd /
rm -r $work
`;

export const scenario = (): Scenario => ({
  hosts: [
    {
      name: 'bluebox',
      user: 'student',
      motd,
      clouds: true,
      hypervisor: { memory: 32 * MIB },
      files: {
        ...clouds,
        '/plans': { type: 'dir' },
        '/home/student/README.txt': { content: readme, ...student },
        '/home/student/ssh-keys.txt': { content: `student:${PUBLIC_KEY}\n`, ...student },
        '/home/student/.ssh': { type: 'dir', mode: 0o700, ...student },
        '/home/student/.ssh/id_ed25519.pub': { content: `${PUBLIC_KEY}\n`, ...student },
      },
      setup,
    },
  ],
});
