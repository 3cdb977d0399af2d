/** Sockets of the network as descriptors: between two hosts, with the tools that use them. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, isOsError } from '../../../src/base/index.ts';
import { type Program, type Sys, sys, writeAll } from '../../../src/linux/index.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

function pair(programs: ReadonlyMap<string, Program> = new Map()): NetworkWorld {
  const host = (name: string, number: number) => ({
    name,
    network: { devices: [{ name: 'eth0', addresses: [`10.0.0.${number}/24`] }] },
    files: { '/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 one\n10.0.0.2 two\n' },
    programs,
  });
  return networkWorld({
    hosts: [host('one', 1), host('two', 2), { name: 'lonely' }],
    cables: [{ between: ['one/eth0', 'two/eth0'] }],
  });
}

/** Starts a script in the background; what it has printed so far. */
function background({ world }: NetworkWorld, host: string, script: string): () => string {
  let text = '';
  world.host(host).spawn({
    argv: ['/bin/bash', '-c', script],
    cwd: '/tmp',
    onOutput: (bytes) => {
      text += decodeUtf8(bytes);
    },
  });
  return () => text;
}

test('nc carries bytes both ways, and ends when the other side does', () => {
  const net = pair();
  const server = background(net, 'two', '(echo welcome; sleep 1) | nc -l -v -N 80; echo "left $?"');
  net.advance(0.1);
  expect(net.sh('one', '(echo hello; sleep 2) | nc -v two 80; echo "left $?"')).toBe(
    'Connection to two (10.0.0.2) 80 port [tcp/*] succeeded!\nwelcome\nleft 0\n',
  );
  net.advance(2);
  expect(server()).toMatch(/^Listening on 0\.0\.0\.0 80\nConnection received on one \d+\nhello\nleft 0\n$/);
});

test('a large file arrives whole over a line that loses frames', () => {
  const net = networkWorld({
    hosts: ['one', 'two'].map((name, i) => ({
      name,
      network: { devices: [{ name: 'eth0', addresses: [`10.0.0.${i + 1}/24`] }] },
    })),
    cables: [
      { between: ['one/eth0', 'two/eth0'], rate: 10_000_000, loss: { numerator: 1, denominator: 20 } },
    ],
  });
  const server = background(net, 'two', 'nc -l 80 | sha256sum');
  net.advance(0.1);
  net.sh('one', 'seq 1 20000 >data; nc -N 10.0.0.2 80 <data');
  net.advance(5);
  expect(server().slice(0, 64)).toBe(net.sh('one', 'sha256sum <data').slice(0, 64));
});

test('ports that nobody listens on are refused, and a scan tells which are open', () => {
  const net = pair();
  background(net, 'two', 'nc -l -k 81');
  net.advance(0.1);
  expect(net.sh('one', 'nc -vz -n 10.0.0.2 80-82')).toBe(
    [
      'nc: connect to 10.0.0.2 port 80 (tcp) failed: Connection refused',
      'Connection to 10.0.0.2 81 port [tcp/*] succeeded!',
      'nc: connect to 10.0.0.2 port 82 (tcp) failed: Connection refused\n',
    ].join('\n'),
  );
  expect(net.sh('one', 'nc two 80')).toBe('[1]\n');
  expect(net.sh('one', 'ip link set eth0 down; nc -w 1 -v two 80')).toContain('Network is unreachable');
});

test('a connection that nobody answers ends by -w', () => {
  const net = pair();
  net.sh(
    'two',
    "nft 'add table ip f; add chain ip f in { type filter hook input priority 0; policy drop; }'",
  );
  expect(net.sh('one', 'nc -w 3 -v two 80; echo $?')).toBe(
    'nc: connect to two (10.0.0.2) port 80 (tcp) failed: Connection timed out\n1\n',
  );
});

test('datagrams', () => {
  const net = pair();
  const server = background(net, 'two', 'nc -u -l -v -w 2 53');
  net.advance(0.1);
  expect(net.sh('one', 'echo question | nc -u -q 1 two 53')).toBe('');
  expect(server()).toMatch(/^Bound on 0\.0\.0\.0 53\nConnection received on one \d+\nquestion\n$/);
});

/** Prints the error of each call. */
function* errorsOf(calls: readonly (() => Sys<unknown>)[]): Sys<number> {
  for (const call of calls)
    try {
      yield* call();
      yield* writeAll(1, 'ok\n');
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(1, `${error.code}\n`);
    }
  return 0;
}

const calls: Program = function* () {
  const address = { family: 'inet' as const, address: 0x0a00_0063, port: 9 };
  const stream = yield* sys.socket({ family: 'inet', type: 'stream' });
  const datagrams = yield* sys.socket({ family: 'inet', type: 'dgram' });
  const local = yield* sys.socket();
  yield* sys.sigaction('PIPE', 'ignore');
  yield* sys.setnonblock(datagrams, true);
  return yield* errorsOf([
    () => sys.bind(stream, '/tmp/path'),
    () => sys.bind(stream, address),
    () => sys.listen(datagrams),
    () => sys.recvmsg(datagrams, 10),
    () => sys.write(stream, encodeUtf8('x')),
    () => sys.getpeername(stream),
    () => sys.sendto(local, encodeUtf8('x'), address),
    () => sys.connect(local, address),
    () => sys.setsockopt(stream, 'SO_BINDTODEVICE', 'nope'),
    () => sys.setsockopt(stream, 'SO_NOSUCH', 1),
    () => sys.ioctl(stream, 'RTM_GETLINK', null),
    () => sys.lseek(stream, 0, 'set'),
  ]);
};

test('calls that are wrong fail with the error that Linux has', () => {
  const { sh } = pair(new Map([['calls', calls]]));
  expect(sh('one', 'calls').trimEnd().split('\n')).toEqual([
    'EAFNOSUPPORT',
    'EADDRNOTAVAIL',
    'EOPNOTSUPP',
    'EAGAIN',
    'EPIPE',
    'ENOTCONN',
    'EOPNOTSUPP',
    'EINVAL',
    'ENODEV',
    'ENOPROTOOPT',
    'ENOTTY',
    'ESPIPE',
  ]);
});

test('ss shows who listens and who is connected', () => {
  const net = pair();
  background(net, 'two', 'nc -l 8080; sleep 9');
  background(net, 'two', 'nc -u -l 53');
  net.advance(0.1);
  expect(net.sh('two', 'ss -tln')).toBe(
    `State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
LISTEN 0      1            0.0.0.0:8080      0.0.0.0:*          
`,
  );
  background(net, 'one', 'nc -p 40000 two 8080');
  net.advance(0.1);
  const seen = net.sh('two', 'ss -tunap').replace(/pid=\d+/g, 'pid=N');
  expect(seen).toBe(`\
Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process                   
udp   UNCONN 0      0            0.0.0.0:53        0.0.0.0:*     users:(("nc",pid=N,fd=3))
tcp   LISTEN 0      1            0.0.0.0:8080      0.0.0.0:*     users:(("nc",pid=N,fd=3))
tcp   ESTAB  0      0           10.0.0.2:8080     10.0.0.1:40000 users:(("nc",pid=N,fd=4))
`);
  // Other users' processes are not shown to everybody.
  expect(net.sh('two', 'ss -tlnpH', 'student')).toBe('LISTEN 0      1      0.0.0.0:8080 0.0.0.0:*\n');
  expect(net.sh('two', 'ss -tnH dst 10.0.0.1')).toMatch(/^ESTAB .* 10\.0\.0\.1:\d+ *\n$/);
  for (const [flag, name] of ['-x unix', '-i info', '-6 ipv6'].map((pair) => pair.split(' ')))
    expect(net.sh('two', `ss ${flag}`)).toContain(`ss: the option ${flag} (--${name}) is not simulated\n`);
});

test('sysctl', () => {
  const { sh } = pair();
  expect(
    sh('one', 'sysctl net.ipv4.ip_forward; sysctl -w net.ipv4.ip_forward=1; sysctl -n net.ipv4.ip_forward'),
  ).toBe('net.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 1\n1\n');
  expect(sh('one', 'sysctl -w net.ipv4.ip_forward=0', 'student')).toBe(
    'sysctl: permission denied on key "net.ipv4.ip_forward"\n[1]\n',
  );
  expect(sh('one', 'sysctl net.nope')).toBe(
    'sysctl: cannot stat /proc/sys/net/nope: No such file or directory\n[1]\n',
  );
});

test('who is not root may ask and ping, and change nothing', () => {
  const { sh } = pair();
  expect(sh('one', 'ip link set eth0 down', 'student')).toBe(
    'RTNETLINK answers: Operation not permitted\n[2]\n',
  );
  expect(sh('one', 'ping -c 1 -q two', 'student')).toContain('1 received');
  expect(sh('one', 'tcpdump -i eth0', 'student')).toBe(
    "tcpdump: eth0: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)\n[1]\n",
  );
  expect(sh('one', 'ip -br link', 'student')).toContain('eth0             UP');
});

test('a host without a network has neither sockets nor the tools', () => {
  const { sh } = pair();
  expect(sh('lonely', 'ip link')).toContain('ip: command not found');
});
