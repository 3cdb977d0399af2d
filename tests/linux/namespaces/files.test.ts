/** The files of namespaces, nsfs: what the links in /proc/PID/ns lead to. */
import { expect, test } from 'vitest';
import { commandHost } from '../../support/commandHost.ts';

const LOOK = 'stat -L -c %Y /proc/self/ns/user; date +%s';

test('the file of a user namespace is as old as its own host’s first look at it, whatever other hosts there were', () => {
  commandHost().command(LOOK);
  const later = commandHost().command(`sleep 7; ${LOOK}`);
  expect(later.stderr).toBe('');
  const [made, now] = later.stdout.trim().split('\n').map(Number);
  expect(made).toBe(now);
});
