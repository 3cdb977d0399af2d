/** ping's ways of naming a host, and what it says without what it needs: as iputils 20221126 of Debian 12. */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });

test.each(['127.1', '0', '0x7f000001', '2130706433', '127.0.1', '0177.0.0.1', '0x7f.1'])(
  'ping %s reaches the loopback device',
  (name) => {
    expect(sh('one', `ping -c 1 ${name} | head -2 | sed 's/time=.*//'`)).toBe(
      `PING ${name} (127.0.0.1) 56(84) bytes of data.\n64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 \n`,
    );
  },
);

test.each(['256.1.1.1', '1.2.3.4.5', '08.1.1.1', 'nosuch.example'])(
  '%s is no address, and there is nobody to ask for the name',
  (name) => {
    expect(sh('one', `ping -c 1 ${name}`)).toBe(`ping: ${name}: Temporary failure in name resolution\n[2]\n`);
  },
);

test('other tools take such addresses as well, and fail alike', () => {
  expect(
    sh('one', 'getent hosts 127.1; nc -v -w 1 127.1 9; (echo hello | nc -l -N 80 &) ; sleep 0.1; nc -N 0 80'),
  ).toBe(
    '127.0.0.1       127.1\nnc: connect to 127.1 (127.0.0.1) port 9 (tcp) failed: Connection refused\nhello\n',
  );
  expect(sh('one', 'traceroute nosuch 2>&1 | head -1')).toBe(
    'nosuch: Temporary failure in name resolution\n',
  );
});

test('without CAP_NET_RAW in the network namespace there is no socket', () => {
  const refused = 'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n[2]\n';
  expect(sh('one', 'unshare -Ur ping -c 1 127.0.0.1', 'student')).toBe(refused);
  expect(sh('one', 'setpriv --no-new-privs ping -c 1 nosuch', 'student')).toBe(refused);
  expect(sh('one', "unshare -Urn bash -c 'ip link set lo up; ping -q -c 1 127.0.0.1'", 'student')).toContain(
    '1 received',
  );
});

test('-V and -h tell of ping, and so does an option that it has not', () => {
  expect(sh('one', 'ping -V; ping -c 1 -V 127.0.0.1 | head -1')).toBe(`ping from iputils 20221126
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
ping from iputils 20221126
`);
  expect(sh('one', "ping -h 2>&1 >/dev/null | sed -n '1,6p;$p'; ping -h 2>/dev/null")).toBe(`
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
For more details see ping(8).
[2]
`);
  expect(sh('one', 'ping -Z 127.0.0.1 2>&1 | head -3')).toBe("ping: invalid option -- 'Z'\n\nUsage\n");
});
