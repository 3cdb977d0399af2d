/** /etc/hostname, /etc/hosts, /etc/resolv.conf of a container, and the processes the host sees. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

describe('files that the engine gives each container', () => {
  const { out, read } = engineHost();
  const id = out('docker run -d --name one --hostname box notes:1').trim();
  const folder = `/var/lib/docker/containers/${id}`;

  test('say who it is', () => {
    expect(out('docker exec one cat /etc/hostname')).toBe('box\n');
    expect(out('docker exec one cat /etc/hosts')).toContain('127.0.0.1\tlocalhost\n');
    expect(out('docker exec one cat /etc/resolv.conf')).toBe('');
  });

  test('are mounts from the daemon’s directory', () => {
    const mounts = out('docker exec one cat /proc/mounts');
    for (const name of ['hostname', 'hosts', 'resolv.conf'])
      expect(mounts).toMatch(new RegExp(`^\\S+ /etc/${name} ext4 rw,relatime 0 0$`, 'm'));
    expect(out('docker inspect -f "{{.HostnamePath}} {{.HostsPath}} {{.ResolvConfPath}}" one')).toBe(
      `${folder}/hostname ${folder}/hosts ${folder}/resolv.conf\n`,
    );
  });

  test('can be written to, which shows on the host and in no diff', () => {
    out('docker exec one sh -c "echo 10.0.0.7 db >> /etc/hosts"');
    expect(read(`${folder}/hosts`)).toContain('10.0.0.7 db\n');
    expect(out('docker diff one')).toBe('');
  });

  test('mount points come from an init layer below the upper one', () => {
    const [upper = '', lower = ''] = out(
      'docker inspect -f "{{.GraphDriver.Data.UpperDir}} {{.GraphDriver.Data.LowerDir}}" one',
    ).split(/\s/);
    expect(lower.split(':')[0]).toBe(upper.replace(/\/diff$/, '-init/diff'));
    expect(out(`find ${upper} -mindepth 1`)).toBe('');
    expect(out(`cd ${lower.split(':')[0]}; find . -type f | sort`)).toBe(
      './.dockerenv\n./dev/console\n./etc/hostname\n./etc/hosts\n./etc/resolv.conf\n',
    );
  });

  test('a removed container leaves none of it', () => {
    out('docker rm -f one');
    expect(out('ls /var/lib/docker/containers')).toBe('');
    expect(out('ls /var/lib/docker/overlay2 | grep -c init || true')).toBe('0\n');
  });
});

describe('the host’s processes', () => {
  test('a shim with its arguments is the container’s parent, a child of init', () => {
    const { out } = engineHost();
    const id = out('docker run -d notes:1 sleep 99').trim();
    const rows = out('ps -e -o pid,ppid,args')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const sleep = rows.find((row) => row[2] === 'sleep')!;
    const shim = rows.find((row) => row[0] === sleep[1])!;
    expect(shim.slice(1).join(' ')).toBe(
      `1 /usr/bin/containerd-shim-runc-v2 -namespace moby -id ${id} -address /run/docker/containerd/containerd.sock`,
    );
    expect(rows.filter((row) => row[2] === 'dockerd')).toHaveLength(1);
  });
});
