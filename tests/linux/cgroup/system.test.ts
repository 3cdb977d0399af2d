/** Where the processes of a host are from the start, and that they are few: as with systemd. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, SECOND } from '../../../src/base/index.ts';
import '../../../src/shell/commands/utilities.ts';
import { createWorld, type World } from '../../../src/world/index.ts';

function output(world: World, script: string): string {
  let text = '';
  let ended = false;
  world.host('bluebox').spawn({
    argv: ['/bin/bash', '-c', script],
    onOutput: (bytes) => {
      text += decodeUtf8(bytes);
    },
    onExit: () => {
      ended = true;
    },
  });
  world.runUntil(() => ended, world.now + 60 * SECOND);
  return text;
}

const GROUPS = 'cd /sys/fs/cgroup; find . -type d | sort';

test('PID 1, services and logins have groups of their own, which go with them', () => {
  const world = createWorld({ hosts: [{ name: 'bluebox', images: [] }] }, 'system');
  expect(output(world, 'cat /proc/1/cgroup; cat /proc/$(pidof dockerd)/cgroup; cat /proc/self/cgroup')).toBe(
    '0::/init.scope\n0::/system.slice/docker.service\n0::/system.slice/run-u1.scope\n',
  );
  let shown = '';
  const terminal = world.host('bluebox').openTerminal({
    user: 'student',
    size: { rows: 24, cols: 80 },
    onOutput: (bytes) => {
      shown += decodeUtf8(bytes);
    },
  });
  world.run(world.now + SECOND);
  terminal.input(encodeUtf8('cat /proc/self/cgroup; mkdir /sys/fs/cgroup/mine\r'));
  world.run(world.now + SECOND);
  expect(shown).toContain('0::/user.slice/user-1000.slice/session-1.scope');
  expect(shown).toContain("cannot create directory '/sys/fs/cgroup/mine': Permission denied");
  const during = output(world, GROUPS);
  expect(during).toContain('./user.slice/user-1000.slice/session-1.scope\n');
  terminal.input(encodeUtf8('exit\r'));
  world.run(world.now + SECOND);
  expect(output(world, GROUPS)).toBe(
    '.\n./init.scope\n./system.slice\n./system.slice/docker.service\n./system.slice/run-u3.scope\n./user.slice\n./user.slice/user-1000.slice\n',
  );
});

test('a memory bomb in a login is killed, and the login lives', () => {
  const world = createWorld({ hosts: [{ name: 'bluebox', memory: 64 * 2 ** 20 }] }, 'system');
  const text = output(
    world,
    '{ head -c 200M /dev/zero | tail >/dev/null; echo ${PIPESTATUS[@]}; } 2>/dev/null; dmesg | grep -o "Out of memory: Killed process [0-9]* (tail)"; free -m | head -2 | tail -1',
  );
  expect(text).toMatch(/^141 137\nOut of memory: Killed process \d+ \(tail\)\nMem: +64 +\d +\d+ /);
});

test('what begins in a group with a set of processors begins on these', () => {
  const world = createWorld({ hosts: [{ name: 'bluebox', images: [] }] }, 'system');
  const slice = '/sys/fs/cgroup/system.slice';
  output(world, `echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control; echo 1 >${slice}/cpuset.cpus`);
  expect(output(world, 'nproc; cut -d " " -f 39 /proc/self/stat')).toBe('1\n1\n');
  expect(output(world, 'grep Cpus_allowed_list /proc/$(pidof dockerd)/status')).toBe(
    'Cpus_allowed_list:\t1\n',
  );
});
