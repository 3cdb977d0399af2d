/** What a container reads from and writes to the disk: docker stats and the API, and limits of it. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

describe('a container and the disk', () => {
  const { out } = engineHost();
  const blockIo = () => out('docker stats --no-stream --format "{{.BlockIO}}" one');

  test('BLOCK I/O of docker stats and blkio_stats of the API are its group’s io.stat', () => {
    out('docker run -d --name one notes:1 sleep 1000');
    out('docker exec one sh -c "dd if=/dev/zero of=/data/new bs=1M count=3 conv=fsync status=none"');
    expect(blockIo()).toMatch(/^\S+ \/ 3\.15MB\n$/);
    const group = '/sys/fs/cgroup/docker/$(docker inspect -f "{{.Id}}" one)';
    const [, rbytes, wbytes] = /^254:0 rbytes=(\d+) wbytes=(\d+)/.exec(out(`cat ${group}/io.stat`))!;
    expect(wbytes).toBe(`${3 * 2 ** 20}`);
    const answer = out(
      'curl -s --unix-socket /run/docker.sock "http://localhost/containers/one/stats?stream=0&one-shot=1"',
    );
    const device = { major: 254, minor: 0 };
    expect(JSON.parse(answer).blkio_stats.io_service_bytes_recursive).toEqual([
      { ...device, op: 'read', value: Number(rbytes) },
      { ...device, op: 'write', value: Number(wbytes) },
    ]);
  });
});
