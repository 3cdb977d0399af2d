/** The exercise image-portability: its planner's reference, and the way through its two clouds, on the bytes of disk images. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  EXAMPLES,
  pairOf,
  REFUSED,
  randomDoubtfulPair,
  randomPair,
} from '../../content/exercises/image-portability/cases.ts';
import {
  problemsWith,
  reasonsAgainst,
  referencePlan,
} from '../../content/exercises/image-portability/reference.ts';
import { IMAGE_ID, PUBLIC_KEY } from '../../content/exercises/image-portability/world.ts';
import { decodeUtf8, Random, SECOND } from '../../src/base/index.ts';
import { loadExercise, sandbox } from '../../src/cli/exercises.ts';
import { replay, Session } from '../../src/exercise/index.ts';

describe('the reference planner', () => {
  test.each(['a', 'b', 'c'])('has nothing against its own plans, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const drawn = Array.from({ length: 300 }, (_, i) =>
      i % 2 === 0 ? randomPair(random) : randomDoubtfulPair(random),
    );
    let refused = 0;
    for (const changes of [...EXAMPLES, ...REFUSED, ...drawn]) {
      const { image, target } = pairOf(changes);
      const plan = referencePlan(image, target);
      if ('refused' in plan) {
        refused++;
        expect(plan.refused).toEqual(reasonsAgainst(image, target));
        expect(plan.refused).not.toEqual([]);
      } else expect(problemsWith(plan.steps, image, target), JSON.stringify(changes)).toEqual([]);
    }
    // Both kinds come up.
    expect(refused).toBeGreaterThan(60);
    expect(refused).toBeLessThan(250);
  });

  test('a pair drawn as one that can be done can be done', () => {
    const random = Random.fromSeed('possible');
    for (let i = 0; i < 300; i++) {
      const { image, target } = pairOf(randomPair(random));
      expect(reasonsAgainst(image, target)).toEqual([]);
    }
  });

  test('misses every single step of its plans', () => {
    const random = Random.fromSeed('steps');
    for (let i = 0; i < 100; i++) {
      const { image, target } = pairOf(randomPair(random));
      const plan = referencePlan(image, target);
      if (!('steps' in plan)) continue;
      for (const at of plan.steps.keys())
        expect(problemsWith(plan.steps.toSpliced(at, 1), image, target), `without step ${at}`).not.toEqual(
          [],
        );
    }
  });
});

const loaded = loadExercise('image-portability');

/** A session with a terminal; `type` gives what was printed. */
async function open(seed = 'a') {
  const { exercise, files } = await loaded;
  let text = '';
  const session = await Session.start({
    exercise,
    seed,
    sandbox,
    onOutput: (_, bytes) => {
      text += decodeUtf8(bytes);
    },
  });
  session.openTerminal('bluebox', { rows: 24, cols: 200 });
  session.advance(SECOND);
  const type = (line: string, seconds = 4) => {
    const before = text.length;
    session.input(1, `${line}\r`);
    session.advance(seconds * SECOND);
    return text
      .slice(before)
      .replaceAll('\r\n', '\n')
      .replace(/\u001b\[[?0-9;]*[a-z]/g, '');
  };
  return { session, type, files };
}

type Lab = Awaited<ReturnType<typeof open>>;

function exportDisk({ type }: Lab): void {
  type(
    `aws-sim ec2 export-image --image-id ${IMAGE_ID} --disk-image-format RAW --s3-export-location S3Bucket=exports,S3Prefix=web/`,
  );
  expect(type('aws-sim ec2 describe-export-image-tasks')).toContain('"Status": "completed"');
  expect(type('aws-sim s3 cp s3://exports/web/export-ami-00000000000000001.raw disk.raw', 5)).toContain(
    'Completed 1.0 GiB in 2.45 s',
  );
}

const MODULES =
  'mkdir -p ~/r; cd ~/r; mcopy -n -i ../disk.raw@@1M ::/initrd.img ..; cpio -idu --quiet <../initrd.img; printf "virtio_blk\\nvirtio_net\\n" >etc/modules; find . | sort | cpio -o -H newc --quiet >../initrd.img; cd; mcopy -o -i disk.raw@@1M initrd.img ::/';
const AGENT = 'echo datasource=gce >agent.cfg; mcopy -o -i disk.raw@@1M agent.cfg ::/etc';
const PACK = 'tar --format=oldgnu -Sczf web.tar.gz disk.raw';
const UPLOAD = 'gcloud-sim storage cp web.tar.gz gs://transfer/';
const IMPORT = 'gcloud-sim compute images create web --source-uri=gs://transfer/web.tar.gz';
const INSTANCE =
  'gcloud-sim compute instances create web1 --image=web --metadata-from-file=ssh-keys=ssh-keys.txt';

describe('the way to the second cloud', () => {
  test('export, mend, pack, import, boot; full marks; and its record replays to the same world', async () => {
    const lab = await open();
    const { session, type, files } = lab;
    exportDisk(lab);
    expect(type(`${PACK}; ${UPLOAD}; ${IMPORT}`)).toContain(
      'cannot be imported:\n - the initramfs has no driver for the network interface: virtio_net is not in its etc/modules\n - the first-boot agent asks another cloud: /etc/agent.cfg has datasource=ec2, not datasource=gce\n',
    );
    type(MODULES);
    type(AGENT);
    expect(session.goals().map(({ holds }) => holds)).toEqual([false, false]);
    expect(type(`${PACK}; ${UPLOAD}; ${IMPORT}`)).toContain('web   1             READY');
    expect(session.goals().map(({ holds }) => holds)).toEqual([true, false]);
    expect(type(INSTANCE)).toMatch(/web1 {2}web {4}RUNNING/);
    const said = type('gcloud-sim compute instances get-serial-port-output web1');
    expect(said).toContain('Virtbook boot ROM');
    expect(said).toContain('dhcp: 192.168.122.2/24, gateway 192.168.122.1');
    expect(said).toContain('agent: first boot of 4711000001, its key is in /etc/sshkeys');
    expect(said).toContain('web login: ');
    expect(type('gcloud-sim compute instances list')).toMatch(/web1 {2}web {4}192\.168\.122\.2 {2}RUNNING/);
    expect(session.goals().map(({ holds }) => holds)).toEqual([true, true]);
    await session.saveFile('port.ts', files['solution/port.ts']!);
    const submission = await session.submission();
    expect(submission.report.score).toEqual({ points: 100, of: 100 });
    const { exercise } = await loaded;
    const again = await replay({ exercise, sandbox }, submission);
    expect(again.report).toEqual(submission.report);
  }, 60_000);

  test('the image boots on the first cloud', async () => {
    const { type } = await open();
    expect(type(`aws-sim ec2 run-instances --image-id ${IMAGE_ID}`)).toContain('"Name": "running"');
    const id = 'i-00000000000000001';
    const said = type(`aws-sim ec2 get-console-output --instance-id ${id}`);
    expect(said).toContain(`agent: first boot of ${id}, without a key`);
    expect(said).toContain('web login: ');
    expect(type(`aws-sim ec2 terminate-instances --instance-ids ${id}`)).toContain('"terminated"');
    expect(type('aws-sim ec2 describe-instances')).toContain('"Instances": []');
  }, 60_000);

  test('an instance without the right agent boots, and belongs to nobody', async () => {
    const lab = await open();
    const { session, type } = lab;
    exportDisk(lab);
    type(`${MODULES}; ${AGENT}; ${PACK}; ${UPLOAD}; ${IMPORT}`);
    type('gcloud-sim compute instances create web1 --image=web');
    expect(type('gcloud-sim compute instances get-serial-port-output web1')).toContain('without a key');
    expect(session.goals().at(-1)!.holds).toBe(false);
    expect(type('gcloud-sim compute instances delete web1; gcloud-sim compute instances list')).toContain(
      'Listed 0 items',
    );
    expect(type('virsh list --all')).not.toContain('gcloud');
  }, 60_000);
});

/** What is done to the mended disk or its archive → what the import says. */
const refusals: readonly (readonly [string, string, string])[] = [
  ['a raw file', 'cp disk.raw web.tar.gz', 'not compressed with gzip: its first bytes are not 1f 8b'],
  [
    'a POSIX archive',
    'head -c 1M disk.raw >s; tar --format=pax -czf web.tar.gz s',
    'no tar archive of the old GNU format',
  ],
  [
    'another name',
    'mv disk.raw d; tar --format=oldgnu -Sczf web.tar.gz d',
    'first member must be the file disk.raw, and it is d',
  ],
  [
    'two members',
    'echo x >y; tar --format=oldgnu -Sczf web.tar.gz disk.raw y',
    'the archive holds y besides disk.raw',
  ],
  ['an archive cut off', `${PACK}; truncate -s 20000 web.tar.gz`, 'the archive is damaged'],
  [
    '8 GB',
    `truncate -s 8000000000 disk.raw; ${PACK}`,
    'disk.raw has 8000000000 bytes, which are no whole GiB: 8 GiB are 8589934592 bytes',
  ],
  [
    'qcow2',
    `qemu-img create -f qcow2 q 1G >/dev/null; mv q disk.raw; truncate -s 1G disk.raw; ${PACK}`,
    'it is no raw disk: its first bytes are those of the format qcow2',
  ],
  [
    'no signature',
    `printf '\\0' | dd of=disk.raw bs=1 seek=510 conv=notrunc status=none; ${PACK}`,
    'no boot signature (0x55 0xaa)',
  ],
  [
    'no boot code',
    `dd if=/dev/zero of=disk.raw bs=440 count=1 conv=notrunc status=none; ${PACK}`,
    'the first sector has no boot code',
  ],
  [
    'nothing bootable',
    `printf '\\0' | dd of=disk.raw bs=1 seek=446 conv=notrunc status=none; ${PACK}`,
    'no partition is marked as bootable',
  ],
  [
    'no file system',
    `dd if=/dev/zero of=disk.raw bs=512 seek=2048 count=1 conv=notrunc status=none; ${PACK}`,
    'partition 1 has no FAT file system',
  ],
  ['no loader', `mdel -i disk.raw@@1M ::/syslinux.cfg; ${PACK}`, 'the boot loader has no /syslinux.cfg'],
  [
    'no kernel',
    `mdel -i disk.raw@@1M ::/vmlinux; ${PACK}`,
    '/syslinux.cfg names /vmlinux, which is not there',
  ],
  [
    'a kernel that is none',
    `echo x >vmlinux; mcopy -o -i disk.raw@@1M vmlinux ::/; ${PACK}`,
    'the kernel is no program for the processors here',
  ],
  [
    'another root',
    `mtype -i disk.raw@@1M ::/syslinux.cfg | sed s/vda1/nvme0n1p1/ >syslinux.cfg; mcopy -o -i disk.raw@@1M syslinux.cfg ::/; ${PACK}`,
    'root=/dev/nvme0n1p1, and the root is /dev/vda1 here',
  ],
  [
    'a broken initramfs',
    `echo x >initrd.img; mcopy -o -i disk.raw@@1M initrd.img ::/; ${PACK}`,
    'the initramfs is no cpio archive of the newc format',
  ],
  [
    'no agent',
    `mdel -i disk.raw@@1M ::/etc/agent.cfg; ${PACK}`,
    'there is no first-boot agent: /etc/agent.cfg is missing',
  ],
];

describe('an import opens the disk', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await open();
    exportDisk(lab);
    lab.type(`${MODULES}; ${AGENT}; cp disk.raw good.raw`, 6);
  }, 60_000);

  test.each(refusals)(
    '%s',
    (_name, change, reason) => {
      const { type } = lab;
      type(
        `cd; rm -f web.tar.gz; mcopy --help >/dev/null; truncate -s 0 disk.raw; qemu-img convert -f raw -O raw good.raw disk.raw`,
      );
      type(change);
      const said = type(`${UPLOAD}; ${IMPORT}`, 12);
      expect(said).toContain('ERROR: (gcloud-sim.compute.images.create)');
      expect(said.replaceAll('\n', ' ')).toContain(reason);
      expect(type('gcloud-sim compute images list')).toContain('Listed 0 items');
    },
    60_000,
  );

  test('and takes it when it is good', () => {
    const { type } = lab;
    type(`rm -f disk.raw web.tar.gz; cp good.raw disk.raw; ${PACK}`);
    expect(type(`${UPLOAD}; ${IMPORT}`)).toContain('READY');
    expect(type(IMPORT)).toContain("The resource 'images/web' already exists");
  }, 60_000);
});

test('an export as VMDK is the same disk, converted', async () => {
  const lab = await open();
  const { type } = lab;
  exportDisk(lab);
  type(
    `aws-sim ec2 export-image --image-id ${IMAGE_ID} --disk-image-format VMDK --s3-export-location S3Bucket=exports`,
  );
  expect(
    type('aws-sim s3 cp s3://exports/export-ami-00000000000000002.vmdk e.vmdk; stat -c "%s bytes" e.vmdk'),
  ).toMatch(/^\d{5,6} bytes$/m);
  expect(type('qemu-img info e.vmdk')).toContain('create type: streamOptimized');
  expect(
    type('qemu-img convert -f vmdk -O raw e.vmdk d.raw && qemu-img compare -f raw -F raw d.raw disk.raw'),
  ).toContain('Images are identical.');
  expect(
    type(
      'tar --help >/dev/null; cp e.vmdk disk.raw; truncate -s 1G disk.raw; ' +
        PACK +
        '; ' +
        UPLOAD +
        '; ' +
        IMPORT,
      8,
    ).replaceAll('\n', ' '),
  ).toContain('its first bytes are those of the format VMDK');
  expect(type('qemu-img resize e.vmdk 2G; qemu-img create -f vmdk x.vmdk 1G')).toMatch(
    /does not support resize.*vmdk is simulated for reading only/s,
  );
}, 60_000);

describe('an import into the first cloud', () => {
  const container = (format: string, key: string) =>
    `aws-sim ec2 import-image --description back --disk-containers "Format=${format},UserBucket={S3Bucket=exports,S3Key=${key}}"`;

  test('takes what it gave out, as VMDK and as a raw disk, and boots it', async () => {
    const lab = await open();
    const { type } = lab;
    exportDisk(lab);
    type(
      `aws-sim ec2 export-image --image-id ${IMAGE_ID} --disk-image-format VMDK --s3-export-location S3Bucket=exports; sleep 3; aws-sim s3 ls s3://exports`,
    );
    const said = type(container('VMDK', 'export-ami-00000000000000002.vmdk'));
    const id = /"ImageId": "(ami-\w+)"/.exec(said)?.[1];
    expect(said).toContain('"Status": "completed"');
    expect(type(`aws-sim ec2 run-instances --image-id ${id}`)).toContain('"running"');
    expect(type('aws-sim ec2 get-console-output --instance-id i-00000000000000001')).toContain('web login: ');
    expect(type(container('RAW', 'web/export-ami-00000000000000001.raw'))).toContain('"Status": "completed"');
    expect(type('aws-sim ec2 describe-images').match(/"Name": "back"/g)).toHaveLength(2);
  }, 60_000);

  test('says what stands in the way', async () => {
    const lab = await open();
    const { type } = lab;
    exportDisk(lab);
    expect(type(container('VMDK', 'web/export-ami-00000000000000001.raw'))).toContain(
      'An error occurred (ClientError) when calling the ImportImage operation: Disk validation failed [Image not in VMDK format]',
    );
    type(`${AGENT}; aws-sim s3 cp disk.raw s3://exports/mended`, 6);
    expect(type(container('RAW', 'mended'))).toContain('has datasource=gce, not datasource=ec2');
    type('echo x >small; aws-sim s3 cp small s3://exports/small');
    expect(type(container('RAW', 'small'))).toContain('no boot signature');
    expect(type(container('VHD', 'small'))).toContain('an import of VHD is not simulated: RAW and VMDK are');
    expect(type(container('ISO', 'small'))).toContain('The format ISO is none of OVA, RAW, VHD, VHDX, VMDK');
    expect(type('aws-sim ec2 import-image --disk-containers x')).toContain('--disk-containers is Format=RAW');
  }, 60_000);
});

describe('the learner’s planner on the host', () => {
  test('plans for both images of the first cloud, from what their disks hold', async () => {
    const { session, type, files } = await open();
    await session.saveFile('port.ts', files['solution/port.ts']!);
    expect(type('cat /plans/web-2026-01')).toContain(
      'to gcloud-sim:\n1. export raw\n2. add-drivers virtio_net\n3. install-agent gce\n4. pack\n5. upload\n6. import, boots by bios\n' +
        'The disk has 1073741824 bytes; at 10 Gb/s, of which 35 % get through, it travels 2.45 s.\n',
    );
    expect(type('cat /plans/reports-with-database')).toContain(
      'cannot be moved to gcloud-sim:\n - licence\n',
    );
    expect(type('sudo sh -c "echo x >/plans/x"')).toContain('Read-only file system');
  });

  test('a fault of the code is told, and ends in an error of reading', async () => {
    const { session, type } = await open();
    await session.saveFile(
      'port.ts',
      'export function plan() { return 7; }\nexport function transferSeconds() { return 0; }\n',
    );
    const said = type('cat /plans/web-2026-01');
    expect(said).toContain('Input/output error');
    expect(said).toContain('plan gave what is no plan: 7 has neither steps nor refused');
  });
});

describe('the clients', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await open();
  }, 60_000);

  test.each([
    [
      'aws-sim ec2 export-image --image-id ami-1 --disk-image-format RAW --s3-export-location S3Bucket=exports',
      'An error occurred (InvalidAMIID.NotFound) when calling the ExportImage operation: The image id',
    ],
    [
      'aws-sim ec2 export-image --image-id ami-06d4c0b81f7a2e93d --disk-image-format RAW --s3-export-location S3Bucket=exports',
      'contains software supplied by AWS or its marketplace (acme-db-standard), which cannot be exported',
    ],
    [
      `aws-sim ec2 export-image --image-id ${IMAGE_ID} --disk-image-format VHD --s3-export-location S3Bucket=exports`,
      'an export as VHD is not simulated: RAW and VMDK are',
    ],
    [
      `aws-sim ec2 export-image --image-id ${IMAGE_ID} --disk-image-format RAW --s3-export-location S3Bucket=mine`,
      'the bucket mine does not exist; there is exports',
    ],
    ['aws-sim ec2 start-instances', "'ec2 start-instances' is not simulated"],
    ['aws-sim ec2 run-instances --image-id ami-2', 'InvalidAMIID.NotFound'],
    ['aws-sim ec2 get-console-output --instance-id i-1', "The instance ID 'i-1' does not exist"],
    ['aws-sim s3 cp s3://exports/none here', 'there is no object s3://exports/none'],
    ['aws-sim s3 ls s3://exports/../..', 'is no address of the form s3://BUCKET/NAME'],
    ['gcloud-sim compute images create Web --source-uri=gs://transfer/x', "'Web' is no name"],
    [
      'gcloud-sim compute images create web --source-uri=gs://transfer/x',
      'there is no object gs://transfer/x',
    ],
    ['gcloud-sim compute images create web', 'the following arguments are required: --source-uri'],
    [
      'gcloud-sim compute images create web --guest-os-features=UEFI',
      "unrecognized option '--guest-os-features'",
    ],
    ['gcloud-sim compute instances create web1 --image=web', "The resource 'images/web' was not found"],
    ['gcloud-sim storage cp nofile gs://transfer/', 'nofile: No such file or directory'],
    [
      'gcloud-sim storage cp /var/lib/aws-sim/state.json gs://transfer/',
      '/var/lib/aws-sim/state.json: Permission denied',
    ],
    ['gcloud-sim storage cp . gs://transfer/', '. is no regular file'],
    [
      'gcloud-sim storage cp README.txt ssh-keys.txt',
      'one of the two must be an address that begins with gs://',
    ],
    ['gcloud-sim storage cp gs://transfer/x /etc/x', 'there is no object'],
    ['ls /var/lib/aws-sim /var/lib/gcloud-sim', 'Permission denied'],
  ])('%s', (line, message) => {
    expect(lab.type(line)).toContain(message);
  });

  test('a file goes there and back with its holes and bytes, as its owner’s', () => {
    const { type } = lab;
    type(
      'printf begin >f; truncate -s 50M f; echo end >>f; gcloud-sim storage cp f gs://transfer/a/b; gcloud-sim storage ls gs://transfer',
    );
    expect(type('gcloud-sim storage cp gs://transfer/a/b g; cmp f g && stat -c "%U %s" g')).toContain(
      'student 52428804',
    );
    expect(type('gcloud-sim storage cp gs://transfer/a/b /etc/x')).toContain('/etc/x: Permission denied');
    expect(type('gcloud-sim storage ls gs://transfer/a')).toContain('gs://transfer/a/b');
    expect(type('gcloud-sim storage ls gs://transfer/c')).toContain('nothing is stored at');
  });

  test('help fits a terminal of 80 columns', () => {
    for (const line of [
      'aws-sim help',
      'gcloud-sim help',
      'aws-sim ec2 import-image --help',
      'cat README.txt',
    ])
      expect(
        lab
          .type(line)
          .split('\n')
          .filter((each) => each.length > 80 && !each.includes('$')),
      ).toEqual([]);
  });

  test('help says what each is', () => {
    expect(lab.type('gcloud-sim help')).toContain('A cloud that is simulated on this host');
    expect(lab.type('aws-sim ec2 export-image --help')).toContain('VHD is not simulated');
    expect(lab.type(`cat .ssh/id_ed25519.pub`)).toContain(PUBLIC_KEY);
  });
});
