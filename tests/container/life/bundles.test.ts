/** What the engine and runc write is what the runtime specification's own schema takes. */
import { describe, expect, test } from 'vitest';
import '../../../src/shell/commands/utilities.ts';
import { engineHost } from '../../support/engineHost.ts';
import { configErrors } from '../../support/runtimeSchemas.ts';

describe('config.json', () => {
  const { out } = engineHost();

  test('the schema finds mistakes', () => {
    expect(configErrors('{}')).toEqual(
      ["/ must have required property 'ociVersion'"].map((text) => text.replace('/ ', ' ')),
    );
    expect(configErrors('{"ociVersion":"1.2.0","process":{"cwd":7,"args":["a"]}}')).toContain(
      '/process/cwd must be string',
    );
  });

  test('runc spec', () => {
    expect(configErrors(out('mkdir -p /b; cd /b; runc spec; cat config.json'))).toEqual([]);
  });

  test.each([
    [''],
    ['-m 64m --memory-swap 128m --memory-reservation 32m --cpu-shares 512 --pids-limit 9 --cpus 1.5'],
    ['--privileged --tmpfs /t:size=1m --mount type=tmpfs,dst=/t2,tmpfs-mode=700'],
    ['-v named:/v:ro -v /etc:/host-etc --read-only --init --hostname box --ulimit nofile=5:6'],
    ['--cap-drop all --cap-add net_raw --security-opt no-new-privileges -u ada --group-add 7'],
    ['--pid host --ipc host --uts host --cgroupns host --security-opt seccomp=unconfined'],
    ['-t -i -e A=1 -w /new/dir --shm-size 1m'],
  ])('docker run %s', (flags) => {
    const id = out(`docker run -d ${flags} notes:1`).trim();
    const text = out(`cat /run/containerd/io.containerd.runtime.v2.task/moby/${id}/config.json`);
    expect(configErrors(text)).toEqual([]);
    out(`docker rm -f ${id}`);
  });
});

describe('docker inspect', () => {
  const { out } = engineHost();

  test('has the fields of the real one, in their order', () => {
    out('docker run -d --name one -m 64m notes:1');
    const [shown] = JSON.parse(out('docker inspect one')) as Record<string, Record<string, unknown>>[];
    expect(Object.keys(shown!)).toEqual(
      'Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver Platform MountLabel ProcessLabel AppArmorProfile ExecIDs HostConfig GraphDriver Mounts Config NetworkSettings'.split(
        ' ',
      ),
    );
    expect(Object.keys(shown!.State!)).toEqual(
      'Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt'.split(' '),
    );
    expect(shown!.HostConfig).toMatchObject({
      Memory: 2 ** 26,
      MemorySwap: 2 ** 27,
      Runtime: 'runc',
      CapAdd: null,
    });
  });
});
