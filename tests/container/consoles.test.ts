/** Terminals of containers are of a devpts of their own: nobody in one sees, reads or writes those of others or of the host. */
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, SECOND } from '../../src/base/index.ts';
import { type EngineHost, engineHost } from '../support/engineHost.ts';

function rootTerminal({ world, host }: EngineHost) {
  let shown = '';
  const terminal = host.openTerminal({
    user: 'root',
    size: { rows: 24, cols: 120 },
    onOutput: (bytes) => {
      shown += decodeUtf8(bytes);
    },
  });
  world.run(world.now + SECOND);
  return {
    screen: () => shown,
    type(text: string) {
      terminal.input(encodeUtf8(text));
      world.run(world.now + SECOND);
    },
  };
}

/** What a terminal shows after a command, without escape sequences. */
function said(terminal: { type(text: string): void; screen(): string }, command: string): string {
  const before = terminal.screen().length;
  terminal.type(`${command}\r`);
  return terminal
    .screen()
    .slice(before)
    .replace(/\x1b\[[?0-9;]*[a-zA-Z]/g, '')
    .replaceAll('\r', '');
}

describe('a container with a terminal', () => {
  it('has the first of its own devpts, whatever terminals the host has', () => {
    const engine = engineHost();
    const { out } = engine;
    const learner = rootTerminal(engine);
    const other = rootTerminal(engine);
    expect(said(learner, 'tty')).toContain('/dev/pts/0\n');
    expect(said(other, 'tty')).toContain('/dev/pts/1\n');
    said(learner, 'docker run -it --name one base:latest sh');
    expect(said(learner, 'tty')).toContain('\n/dev/pts/0\n');
    expect(said(learner, 'ls /dev/pts')).toContain('\n0  ptmx\n');
    expect(said(learner, 'ls -l /dev/ptmx')).toContain('/dev/ptmx -> pts/ptmx');
    expect(said(learner, 'mount | grep devpts')).toContain(
      'devpts on /dev/pts type devpts (rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666)\n',
    );
    expect(said(learner, 'ps -o tty,args')).toContain('pts/0    sh\n');
    expect(out('ls /dev/pts')).toBe('0\n1\n');
    // Another process's root is walked with that one's mounts.
    expect(out("ls /proc/$(docker inspect -f '{{.State.Pid}}' one)/root/dev/pts")).toBe('0\nptmx\n');
    said(learner, 'exit 4');
    expect(said(learner, 'echo $?')).toContain('\n4\n');
  });

  it('gives docker exec the next one, which is its user’s', () => {
    const engine = engineHost();
    const learner = rootTerminal(engine);
    said(learner, 'docker run -d --name one -it -u 1200 notes:1 sh');
    said(learner, 'docker exec -it -u ada one sh');
    expect(said(learner, 'tty')).toContain('\n/dev/pts/1\n');
    expect(said(learner, 'ls -l /dev/pts')).toMatch(
      /crw--w---- 1 ada +5 +136, 0 .* 0\ncrw--w---- 1 ada +5 +136, 1 .* 1\ncrw-rw-rw- 1 root root +5, 2 .* ptmx\n/,
    );
    expect(said(learner, 'stty size')).toContain('24 120\n');
  });

  it('cannot reach another terminal by its number', () => {
    const engine = engineHost();
    const { sh } = engine;
    const learner = rootTerminal(engine);
    const before = learner.screen();
    const { out } = sh("docker run --rm base:latest sh -c 'mknod /tmp/t c 136 0; echo hello > /tmp/t' 2>&1");
    expect(out).toContain('/tmp/t: Input/output error');
    expect(learner.screen()).toBe(before);
  });

  it('is run by runc, too, for root of a user namespace as well', () => {
    const engine = engineHost();
    const { out } = engine;
    out('mkdir -p /b/rootfs; docker export $(docker create base:latest) | tar -xf - -C /b/rootfs');
    out('chown -R 100000:100000 /b/rootfs; cd /b; runc spec');
    const spec = JSON.parse(engine.read('/b/config.json')!);
    const maps = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    spec.linux = {
      namespaces: [...spec.linux.namespaces, { type: 'user' }],
      uidMappings: maps,
      gidMappings: maps,
    };
    spec.mounts = spec.mounts.filter(({ type }: { type: string }) => type !== 'sysfs' && type !== 'cgroup');
    out(`cat > /b/config.json << 'END'\n${JSON.stringify(spec)}\nEND`);
    const learner = rootTerminal(engine);
    said(learner, 'runc run -b /b one');
    expect(said(learner, 'tty; id -u; cat /proc/self/uid_map')).toMatch(
      /\n\/dev\/pts\/0\n0\n +0 +100000 +65536\n/,
    );
  });
});

it('every mount of a devpts by hand is a new one', () => {
  const { out } = engineHost();
  expect(
    out('mount -t devpts -o mode=620,ptmxmode=666 devpts /mnt; ls -l /mnt | cut -c1-10; umount /mnt'),
  ).toBe('total 0\ncrw-rw-rw-\n');
});
