/** Ports below 1024: for root of the namespace's owner, and in containers for everybody. */
import { describe, expect, it } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

describe('a port below 1024', () => {
  const { sh } = dockerWorld();
  const user = 'setpriv --reuid 1000 --regid 1000 --clear-groups';

  it.each([
    ['a user', `${user} nc -l -p 80`, 'nc: Permission denied\n[1]\n'],
    ['a user, by UDP', `${user} nc -u -l -p 53`, 'nc: Permission denied\n[1]\n'],
    [
      'root without the capability',
      "capsh --drop=cap_net_bind_service -- -c 'nc -l -p 80'",
      'nc: Permission denied\n[1]\n',
    ],
    ['root', 'timeout 1 nc -l -p 80', '[124]\n'],
    ['a user who has a higher one', `timeout 1 ${user} nc -l -p 1024`, '[124]\n'],
    [
      'root of a user namespace, in the host’s network',
      `${user} unshare -U -r nc -l -p 80`,
      'nc: Permission denied\n[1]\n',
    ],
    ['root of a user namespace, in its own', `timeout 1 ${user} unshare -U -r -n nc -l -p 80`, '[124]\n'],
  ])('%s', (_, command, said) => {
    expect(sh('box', command)).toBe(said);
  });

  it('is a setting of each network namespace', () => {
    const path = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    expect(sh('box', `cat ${path}; unshare -n sh -c 'echo 80 > ${path}; cat ${path}'; cat ${path}`)).toBe(
      '1024\n80\n1024\n',
    );
    expect(sh('box', `unshare -n sh -c 'echo 70000 > ${path}'`)).toContain('Invalid argument');
  });

  it('is for everybody in a container, unless that has the host’s network', () => {
    expect(sh('box', 'docker run --rm -u 1000 base:1 timeout 1 nc -l -p 80')).toBe('[124]\n');
    expect(sh('box', 'docker run --rm -u 1000 --network host base:1 nc -l -p 80')).toBe(
      'nc: Permission denied\n[1]\n',
    );
    expect(sh('box', 'docker run --rm --network none --cap-drop ALL base:1 timeout 1 nc -l -p 80')).toBe(
      '[124]\n',
    );
  });
});
