/** Sockets that can only ping, icmp(7): who may have them, what they carry, and ping(8) without any privilege. Recorded on Linux 6.18 where it says so. */
import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { type ProgramTable, type Sys, sys, writeAll } from '../../../src/linux/index.ts';
import { dockerWorld } from '../../support/dockerWorld.ts';

const ICMP = { family: 'inet', type: 'dgram', protocol: 1 } as const;
const HERE = { family: 'inet', address: 0x7f000001, port: 0 } as const;
const ECHO = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 5, 104, 105);

function* attempt(what: string, body: () => Sys<unknown>): Sys<void> {
  let said: string;
  try {
    said = JSON.stringify((yield* body()) ?? null);
  } catch (error) {
    said = (error as { code: string }).code;
  }
  yield* writeAll(1, `${what}: ${said}\n`);
}

/** What a recorded session of the real kernel did, call by call. */
function* session(): Sys<number> {
  const fd = yield* sys.socket(ICMP);
  yield* attempt('short', () => sys.sendto(fd, Uint8Array.of(8, 0, 0), HERE));
  yield* attempt('no request', () => sys.sendto(fd, new Uint8Array(8), HERE));
  yield* attempt('to nobody', () => sys.sendto(fd, ECHO, null));
  yield* attempt('bound by then', () => sys.getsockname(fd));
  yield* attempt('request', () => sys.sendto(fd, ECHO, HERE));
  yield* attempt('reply', function* () {
    const { data, from } = yield* sys.recvmsg(fd, 99);
    return [data[0], (data[4]! << 8) | data[5]!, data[7], decodeUtf8(data.subarray(8)), from];
  });
  const other = yield* sys.socket(ICMP);
  yield* attempt('the same identifier', () => sys.bind(other, { ...HERE, port: 3 }));
  yield* attempt('a stranger’s address', () => sys.bind(other, { ...HERE, address: 0x09090909, port: 3 }));
  yield* attempt('twice', () => sys.bind(other, { ...HERE, port: 4 }));
  yield* attempt('connected', () => sys.connect(other, { ...HERE, address: 0x7f000002, port: 4 }));
  yield* attempt('peer', () => sys.getpeername(other));
  yield* attempt('sent to the peer', () => sys.sendto(other, ECHO, null));
  yield* attempt('reply to the last that was bound', function* () {
    return (yield* sys.recvmsg(other, 99)).from;
  });
  yield* attempt('listening', () => sys.listen(fd));
  return 0;
}

const programs: ProgramTable = new Map([['session', session]]);
const { sh } = dockerWorld('ping sockets', programs);
const RANGE = '/proc/sys/net/ipv4/ping_group_range';

describe('net.ipv4.ping_group_range', () => {
  it('is of each network namespace, and nobody at first', () => {
    expect(
      sh(
        'far',
        `cat ${RANGE}; unshare -n sh -c 'echo 0 2147483647 > ${RANGE}; cat ${RANGE}'; sysctl net.ipv4.ping_group_range`,
      ),
    ).toBe('1\t0\n0\t2147483647\nnet.ipv4.ping_group_range = 1\t0\n');
  });

  it('takes what the real one takes (recorded)', () => {
    const values = ['0 7', '5', '7 3', '1 2 3', 'a b', '0 4294967294', '0 4294967295', '10  20', '-1 5'];
    const each = values.map((value) => `echo "${value}" 2>/dev/null > ${RANGE}; echo $?; cat ${RANGE}`);
    expect(sh('far', `unshare -n bash -c '${each.join(';')}'`)).toBe(
      '0\n0\t7\n0\n5\t7\n0\n1\t0\n0\n1\t2\n1\n1\t2\n0\n0\t4294967294\n1\n0\t4294967294\n0\n10\t20\n1\n10\t20\n',
    );
  });

  it('is said in the numbers of the user namespace that asks', () => {
    expect(
      sh(
        'far',
        `unshare -Urn bash -c 'cat ${RANGE}; echo 0 0 > ${RANGE}; cat ${RANGE}; echo 0 5 > ${RANGE}; echo $?'`,
        'student',
      ),
    ).toBe(`65534\t65534\n0\t0\nbash: line 1: echo: write error: Invalid argument\n1\n`);
  });

  it('goes by the effective group and the supplementary ones', () => {
    const asked = (groups: string) =>
      sh(
        'far',
        `unshare -n bash -c 'ip link set lo up; echo 50 60 > ${RANGE}; setpriv --reuid 1000 ${groups} --bounding-set -all --no-new-privs ping -c 1 127.0.0.1 | head -1'`,
      );
    const good = 'PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n';
    const bad = 'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n';
    expect(asked('--regid 55 --clear-groups')).toBe(good);
    expect(asked('--regid 61 --groups 5,60')).toBe(good);
    expect(asked('--regid 61 --groups 5,49')).toBe(bad);
  });
});

describe('a socket that can only ping', () => {
  it('does as the real one (recorded), with the third identifier of the host', () => {
    expect(sh('far', `unshare -n bash -c 'ip link set lo up; echo 0 0 > ${RANGE}; session'`)).toBe(
      [
        'short: EINVAL',
        'no request: EINVAL',
        'to nobody: EDESTADDRREQ',
        'bound by then: {"family":"inet","address":0,"port":3}',
        'request: 10',
        'reply: [0,3,5,"hi",{"family":"inet","address":2130706433,"port":0}]',
        'the same identifier: null',
        'a stranger’s address: EADDRNOTAVAIL',
        'twice: EINVAL',
        'connected: null',
        'peer: {"family":"inet","address":2130706434,"port":4}',
        'sent to the peer: 10',
        'reply to the last that was bound: {"family":"inet","address":2130706434,"port":0}',
        'listening: EOPNOTSUPP',
        '',
      ].join('\n'),
    );
  });

  it('carries ping through errors on the way, without any privilege', () => {
    const unprivileged = 'docker run --rm --cap-drop ALL -u 1000 base:1 ping';
    const noTime = "sed 's/time[ =].*//; s/^rtt .*//'";
    sh('far', 'ip route add 172.17.0.0/16 via 192.0.2.1');
    expect(sh('box', `${unprivileged} -c 1 192.0.2.2 | ${noTime}`)).toBe(
      'PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n64 bytes from 192.0.2.2: icmp_seq=1 ttl=63 \n\n--- 192.0.2.2 ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, \n\n',
    );
    expect(sh('box', `${unprivileged} -c 1 -t 1 192.0.2.2 | ${noTime}`)).toBe(
      'PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\nFrom 172.17.0.1 icmp_seq=1 Time to live exceeded\n\n--- 192.0.2.2 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, \n\n',
    );
    expect(sh('box', `${unprivileged} -c 1 198.51.100.1 | grep From`)).toBe(
      'From 172.17.0.1 icmp_seq=1 Destination Net Unreachable\n',
    );
    // What cannot be delivered is told by the stack itself, as for a raw socket.
    expect(sh('box', `${unprivileged} -c 1 172.17.0.99 | grep From`)).toMatch(
      /^From 172\.17\.0\.\d icmp_seq=1 Destination Host Unreachable\n$/,
    );
  });
});

it('Docker lets everybody ping in a network of the container’s own', () => {
  expect(
    sh('box', `docker run --rm --cap-drop ALL base:1 sh -c 'cat ${RANGE}; ping -q -c 1 127.0.0.1 | tail -2'`),
  ).toMatch(/^0\t2147483647\n1 packets transmitted, 1 received/);
  expect(sh('box', `docker run --rm --network host base:1 cat ${RANGE}`)).toBe('1\t0\n');
  expect(sh('box', `docker run --rm --sysctl net.ipv4.ping_group_range='7 8' base:1 cat ${RANGE}`)).toBe(
    '7\t8\n',
  );
  // The default is the runtime’s business: inspect tells what was asked for.
  expect(
    sh(
      'box',
      'docker create --name quiet base:1 true >/dev/null; docker inspect quiet | grep -c Sysctls; docker rm quiet',
    ),
  ).toBe('0\nquiet\n');
  expect(
    sh(
      'box',
      'ping -c 1 127.0.0.1 >/dev/null; setpriv --reuid 1000 --bounding-set -all --no-new-privs ping -c 1 127.0.0.1',
    ),
  ).toBe('ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n[2]\n');
});
