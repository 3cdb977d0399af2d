/** hostname 3.23: what it prints of names and addresses, as the real one does of the same files and interfaces. */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

const net = networkWorld({
  hosts: [
    {
      name: 'one',
      network: {
        devices: [
          { name: 'eth0', kind: 'tap', addresses: ['10.0.0.1/24', '10.0.0.9/24'] },
          { name: 'eth1', kind: 'tap', addresses: ['192.168.7.1/24'] },
        ],
      },
    },
  ],
});
const sh = (line: string, user = 'root') => net.sh('one', line, user);

test('all addresses, but for those of the loopback and of what is down', () => {
  expect(sh('hostname -I')).toBe('10.0.0.1 10.0.0.9 192.168.7.1 \n');
  expect(sh('ip link set eth1 down; hostname --all-ip-addresses; ip link set eth1 up')).toBe(
    '10.0.0.1 10.0.0.9 \n',
  );
  expect(sh('unshare --net hostname -I')).toBe('\n');
});

test('names and addresses by /etc/hosts', () => {
  expect(sh('hostname; hostname -s; hostname -i; hostname -f; hostname -d')).toBe(
    'one\none\n127.0.1.1\none\n',
  );
  const uts = (name: string, line: string) => sh(`unshare --uts sh -c 'hostname ${name}; ${line}'`);
  expect(sh("echo '10.0.0.1 web.example.org web' >> /etc/hosts")).toBe('');
  expect(uts('web', 'hostname -f; hostname -d; hostname -i; hostname -s')).toBe(
    'web.example.org\nexample.org\n10.0.0.1\nweb\n',
  );
  expect(uts('web.example.org', 'hostname; hostname -s')).toBe('web.example.org\nweb\n');
  expect(uts('nobody-knows', 'hostname -i')).toMatch(
    /^hostname: (Name or service not known|Temporary failure in name resolution)\n\[1\]\n$/,
  );
});

test('only root gives a name', () => {
  expect(sh('hostname other', 'student')).toBe('hostname: you must be root to change the host name\n[1]\n');
  expect(sh('hostname -x').split('\n')[0]).toBe("hostname: invalid option -- 'x'");
});
