/** What an import finds on a disk: a good one has nothing against it, and a damaged one ends in reasons, whatever the damage. */
import { expect, test } from 'vitest';
import { encodeUtf8, Random } from '../../../../src/base/index.ts';
import { MemoryStore, RawImage } from '../../../../src/disk/index.ts';
import { bootableDisk } from '../../../../src/hypervisor/index.ts';
import { reasonsAgainst } from '../../../../src/shell/commands/clouds/examine.ts';

const REQUIREMENTS = {
  drivers: [
    { name: 'virtio_blk', device: 'disk' },
    { name: 'virtio_net', device: 'network interface' },
  ],
  datasource: 'gce',
};

const SEEDS = Number(process.env['VIRTBOOK_SEEDS'] ?? 1);

const good = (() => {
  const files = { '/etc/agent.cfg': encodeUtf8('datasource=gce\n') };
  const store = bootableDisk({ commandLine: 'root=/dev/vda1', files });
  return store.read(0, store.size);
})();

const reasonsOf = (bytes: Uint8Array) => reasonsAgainst(new RawImage(MemoryStore.of(bytes)), REQUIREMENTS);

test('nothing is against a disk that boots', () => {
  expect(reasonsOf(good)).toEqual([]);
});

test('what is missing is named, and only that', () => {
  expect(reasonsAgainst(new RawImage(MemoryStore.of(good)), { ...REQUIREMENTS, datasource: 'ec2' })).toEqual([
    'the first-boot agent asks another cloud: /etc/agent.cfg has datasource=gce, not datasource=ec2',
  ]);
  const drivers = [{ name: 'nvme', device: 'disk' }];
  expect(reasonsAgainst(new RawImage(MemoryStore.of(good)), { ...REQUIREMENTS, drivers })).toEqual([
    'the initramfs has no driver for the disk: nvme is not in its etc/modules',
  ]);
});

test('damage ends in reasons', () => {
  const random = Random.fromSeed('examine');
  // The places that mean something: tables, directories, the files themselves.
  const stored = [...good.keys()].filter((at) => good[at] !== 0);
  let refused = 0;
  for (let i = 0; i < 50 * SEEDS; i++) {
    const bytes = good.slice();
    for (let n = random.between(1, 40); n > 0; n--) bytes[random.pick(stored)] = random.below(256);
    if (reasonsOf(bytes).length > 0) refused++;
  }
  expect(refused).toBeGreaterThan(7);
});
