/** who: sessions on the host's terminals, as coreutils 9.1 lays them out; nohup's words on a terminal. */
import { expect, test } from 'vitest';
import { engineHost } from '../../../support/engineHost.ts';

const { out, sh, terminal } = engineHost();

test('who is logged in, where and since when', () => {
  expect(out('who; who am i; who -q')).toBe('\n# users=0\n');
  const one = terminal();
  terminal();
  expect(out('who')).toMatch(/^(student {2}pts\/[01] {8}2026-01-05 09:00\n){2}$/);
  expect(out('who -q')).toBe('student student\n# users=2\n');
  expect(out('who -H | head -1; who -b')).toBe(
    'NAME     LINE         TIME             COMMENT\n         system boot  2026-01-05 09:00\n',
  );
  one.type('who am i\r');
  expect(one.screen().match(/^student {2}pts\/0/gm)).toHaveLength(1);
  // Shells of containers have terminals too, and are nobody's login.
  out('docker run -dt --name box notes:1 sh');
  expect(out('who | wc -l; docker exec -t box who')).toBe('2\n');
  expect(sh('who /var/log/wtmp').err).toContain('there is no utmp');
});

test('nohup on a terminal writes to a file, and what it runs outlives the hangup', () => {
  const one = terminal();
  one.type("nohup sh -c 'echo said; read x || echo no input' && cat nohup.out\r");
  expect(one.screen()).toContain("nohup: ignoring input and appending output to 'nohup.out'\r\nsaid\r\n");
  expect(one.screen()).toContain('\r\nno input\r\n');
  one.type('nohup echo to err >/dev/null\r');
  expect(one.screen()).toContain('nohup: ignoring input and redirecting stderr to stdout\r\n');
  one.type('cd /; nohup echo elsewhere; cat ~/nohup.out | tail -1\r');
  expect(one.screen()).toContain("appending output to '/home/student/nohup.out'\r\nelsewhere\r\n");
  one.type('nohup sleep 1234 & sleep 0.1; kill -HUP $!; sleep 0.1; kill -0 $! && echo alive\r');
  expect(one.screen()).toContain('\r\nalive\r\n');
});

test('devices of disks belong to the group disk', () => {
  expect(out("stat -c '%U:%G' /dev/vda /dev/vda1; grep disk /etc/group")).toBe(
    'root:disk\nroot:disk\ndisk:x:6:\n',
  );
});
