/** What a container reads from and writes to the disk: docker stats and the API, and limits of it. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

describe('a container and the disk', () => {
  const { out, sh } = engineHost();
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

  test('--device-write-bps and its kin are io.max of the group, and make the container wait', () => {
    const limits =
      '--device-write-bps /dev/vda:1mb --device-read-iops /dev/vda:50 --device-write-iops /dev/vda:9';
    out(`docker run -d --name two ${limits} --device-read-bps /dev/vda:2mb notes:1 sleep 1000`);
    const group = '/sys/fs/cgroup/docker/$(docker inspect -f "{{.Id}}" two)';
    expect(out(`cat ${group}/io.max`)).toBe('254:0 rbps=2097152 wbps=1048576 riops=50 wiops=9\n');
    expect(out('docker inspect -f "{{json .HostConfig.BlkioDeviceWriteBps}}" two')).toBe(
      '[{"Path":"/dev/vda","Rate":1048576}]\n',
    );
    const took = sh('docker exec two dd if=/dev/zero of=/data/new bs=1M count=3 oflag=direct').err;
    expect(took).toMatch(/, 3\.0\d* s, 1\.0 MB\/s/);
  });

  test('--blkio-weight shares the disk among containers, and docker update changes it', () => {
    const busy = (name: string, weight: number) =>
      out(
        `docker run -d --name ${name} --blkio-weight ${weight} notes:1 sh -c ` +
          `'for i in 1 2; do while :; do dd if=/dev/zero of=/data/f$i bs=256k count=200 oflag=direct status=none; done & done; wait'`,
      );
    busy('light', 100);
    busy('heavy', 400);
    const group = (name: string) => `/sys/fs/cgroup/docker/$(docker inspect -f "{{.Id}}" ${name})`;
    const written = (name: string) =>
      Number(/wbytes=(\d+)/.exec(out(`cat ${group(name)}/io.stat`))?.[1] ?? 0);
    expect(out(`cat ${group('light')}/io.weight ${group('heavy')}/io.weight`)).toBe(
      'default 910\ndefault 3940\n',
    );
    expect(out('docker inspect -f "{{.HostConfig.BlkioWeight}}" heavy')).toBe('400\n');
    const ratio = () => {
      const before = [written('light'), written('heavy')];
      out('sleep 0.3');
      return (written('heavy') - before[1]!) / (written('light') - before[0]!);
    };
    expect(Math.abs(ratio() - 3940 / 910)).toBeLessThan(0.6);
    expect(out('docker update --blkio-weight 100 heavy')).toBe('heavy\n');
    expect(Math.abs(ratio() - 1)).toBeLessThan(0.15);
    out('docker kill light heavy');
  });

  test.each([
    ['--device-read-bps /dev/vda', 'bad format: /dev/vda'],
    ['--device-read-bps vda:1mb', 'bad format for device path: vda:1mb'],
    ['--device-read-bps /dev/vda:1x', 'invalid rate for device: /dev/vda:1x. The correct format is'],
    ['--device-write-iops /dev/vda:1k', 'The correct format is <device-path>:<number>. Number must'],
    ['--device-write-bps /dev/nothing:1mb', 'stat /dev/nothing: no such file or directory'],
    ['--device-write-bps /dev/null:1mb', '/dev/null is not a block device'],
    ['--device-write-bps /dev/vda1:1mb', 'No such device'],
    ['--blkio-weight 5', 'Range of blkio weight is from 10 to 1000'],
    ['--blkio-weight 1001', 'Range of blkio weight is from 10 to 1000'],
    [
      '--blkio-weight -5',
      'invalid argument "-5" for "--blkio-weight" flag: strconv.ParseUint: parsing "-5": invalid syntax',
    ],
    ['--blkio-weight 70000', 'strconv.ParseUint: parsing "70000": value out of range'],
    ['--blkio-weight-device /dev/vda:300', '--blkio-weight-device is not simulated'],
  ])('docker run %s is refused: %s', (flags, message) => {
    const { err, status } = sh(`docker run --rm ${flags} notes:1 true`);
    expect(err).toContain(message);
    expect(status).toBeGreaterThan(0);
  });
});
