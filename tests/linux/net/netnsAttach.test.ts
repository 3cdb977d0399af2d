/** ip netns attach: a name for the network namespace of a container or another process, as iproute2 6.1 has it. */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

const { sh } = networkWorld({ hosts: [{ name: 'box', network: {} }] });

test('gives a process’s namespace a name', () => {
  expect(
    sh(
      'box',
      `unshare -n sleep 100 & sleep 0.1
ip link add out type veth peer name inner netns $!
ip netns attach red $!
ip netns exec red ip -br link | cut -d' ' -f1
readlink /proc/$!/ns/net | tr -dc '0-9\\n'; stat -c %i /run/netns/red | tr -d '\\n' | wc -c
ip netns identify $!; kill $!; sleep 0.1
ip netns exec red ip -br link | wc -l; ip netns del red; ip netns`,
    ),
  ).toMatch(/^lo\ninner@if\d+\n(\d+)\n10\nred\n2\n$/);
});

test.each([
  ['ip netns attach', 'No netns name and PID specified'],
  ['ip netns attach blue x', 'Invalid PID: x'],
  [
    'ip netns attach blue 99999',
    'Bind /proc/99999/ns/net -> /run/netns/blue failed: No such file or directory',
  ],
  [
    'ip netns add green; ip netns attach green $$',
    'Cannot create namespace file "/run/netns/green": File exists',
  ],
])('%s is refused', (line, why) => {
  expect(sh('box', `${line}; exit $?`)).toBe(`${why}\n[1]\n`);
  expect(sh('box', 'ls /run/netns')).not.toContain('blue');
});

test('whoever may not make the directory is told so', () => {
  const other = networkWorld({ hosts: [{ name: 'box', network: {} }] });
  expect(other.sh('box', 'ip netns add x', 'student')).toBe(
    'mkdir /run/netns failed: Permission denied\n[1]\n',
  );
});
