import { expect, test } from 'vitest';
import { type Program, sys } from '../../../src/linux/index.ts';
import { answerFrom, buildDns, type DnsRecord, parseDns } from '../../../src/network/index.ts';
import { dockerWorld } from '../../support/dockerWorld.ts';

const idle = (name: string, flags: string) => `docker run -d --name ${name} ${flags} base:1 sleep 9999`;

/** A name server that knows one name. */
const nameserver: Program = function* () {
  const fd = yield* sys.socket({ family: 'inet', type: 'dgram' });
  yield* sys.bind(fd, { family: 'inet', address: 0, port: 53 });
  const origin = 'example.org';
  const record: DnsRecord = {
    name: `www.${origin}`,
    ttl: 60,
    data: { type: 'A', address: 0xcb007150 },
  };
  for (;;) {
    const { data, from } = yield* sys.recvmsg(fd, 512);
    const answer = answerFrom([{ origin, records: [record] }], parseDns(data)!);
    if (answer !== null) yield* sys.sendto(fd, buildDns(answer), from);
  }
};

function named() {
  const made = dockerWorld('names', new Map([['nameserver', nameserver]]));
  const { sh } = made;
  sh('box', 'docker network create n1; docker network create n2');
  sh(
    'box',
    [idle('web', '--network n1'), idle('cli', '--network n1'), idle('far', '--network n2')].join(';'),
  );
  /** Whose address answers a ping, or what ping says instead. */
  const address = (name: string, from = 'cli') => {
    const text = sh('box', `docker exec ${from} ping -c 1 -W 1 ${name}`);
    return /^PING \S+ \(([\d.]+)\)/.exec(text)?.[1] ?? text.split('\n')[0];
  };
  return { ...made, address };
}

const UNKNOWN = 'Temporary failure in name resolution';

test('names, short ids, aliases and names with their network lead to containers of the same network', () => {
  const { sh, address } = named();
  const id = sh('box', 'docker ps -q --filter name=web').trim();
  for (const name of ['web', 'WEB', 'web.n1', id])
    expect([name, address(name)]).toEqual([name, '172.18.0.2']);
  expect(address('far')).toContain(UNKNOWN);
  expect(address('web', 'far')).toContain(UNKNOWN);
  sh('box', 'docker network connect --alias db n1 far');
  expect(address('db')).toBe('172.18.0.4');
  expect(address('web', 'far')).toBe('172.18.0.2');
  // An address leads back to a name.
  expect(sh('box', 'docker exec cli ping -c 1 172.18.0.2')).toContain('PING 172.18.0.2');
  expect(sh('box', 'docker exec cli ping -c 1 web')).toContain('from web.n1 (172.18.0.2)');
  sh('box', 'docker rename web front');
  expect(address('front')).toBe('172.18.0.2');
  expect(address('web')).toContain(UNKNOWN);
  sh('box', 'docker stop -t 1 front');
  expect(address('front')).toContain(UNKNOWN);
});

test('containers that share an alias take turns', () => {
  const { sh, address } = named();
  sh(
    'box',
    `${idle('s1', '--network n1 --network-alias svc')}; ${idle('s2', '--network n1 --network-alias svc')}`,
  );
  const seen = [address('svc'), address('svc'), address('svc')];
  expect(new Set(seen)).toEqual(new Set(['172.18.0.4', '172.18.0.5']));
  expect(seen[0]).toBe(seen[2]);
});

test('questions by TCP, of other types and from afar are answered in kind', () => {
  const { sh } = named();
  const dig = (words: string) => sh('box', `docker exec cli dig ${words}`);
  expect(dig('+short web')).toBe('172.18.0.2\n');
  expect(dig('+short +tcp web')).toBe('172.18.0.2\n');
  expect(dig('+short -x 172.18.0.2')).toBe('web.n1.\n');
  expect(dig('web MX')).toMatch(/status: NOERROR[\s\S]*ANSWER: 0/);
  expect(dig('web AAAA')).toMatch(/status: NOERROR[\s\S]*ANSWER: 0/);
  expect(dig('nope')).toContain('status: SERVFAIL');
  expect(sh('box', "nsenter -n -t $(docker inspect -f '{{.State.Pid}}' cli) iptables -t nat -S")).toMatch(
    /-A DOCKER_OUTPUT -d 127\.0\.0\.11\/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127\.0\.0\.11:\d+\n-A DOCKER_OUTPUT -d 127\.0\.0\.11\/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127\.0\.0\.11:\d+\n-A DOCKER_POSTROUTING -s 127\.0\.0\.11\/32 -p tcp -m tcp --sport \d+ -j SNAT --to-source :53\n/,
  );
});

test('the default bridge knows no names', () => {
  const { sh, address } = named();
  sh('box', `${idle('aa', '')}; ${idle('bb', '--add-host db:10.9.9.9 --add-host me:host-gateway')}`);
  expect(address('aa', 'bb')).toContain(UNKNOWN);
  expect(sh('box', 'docker exec bb cat /etc/hosts')).toMatch(/^10\.9\.9\.9\tdb\n172\.17\.0\.1\tme\n/m);
  expect(sh('box', idle('cc', '--network-alias x'))).toContain(
    'network-scoped aliases are only supported for user-defined networks',
  );
});

test('other names are asked of the servers of the host, or of --dns', () => {
  const { sh, address } = named();
  sh('box', 'echo "nameserver 192.0.2.2" >/etc/resolv.conf');
  sh('box', idle('new', '--network n1'));
  expect(sh('box', 'docker exec new cat /etc/resolv.conf')).toContain(
    'nameserver 127.0.0.11\noptions ndots:0\n',
  );
  expect(sh('box', 'docker exec new cat /etc/resolv.conf')).toContain('# ExtServers: [192.0.2.2]\n');
  sh('far', 'nameserver & sleep 1');
  // The question comes from the container's network, the answer by way of the daemon's socket.
  expect(address('www.example.org', 'new')).toBe('203.0.113.80');
  expect(address('nonesuch.example.org', 'new')).toContain('Name or service not known');
  expect(address('web', 'new')).toBe('172.18.0.2');
  // A server that does not answer is waited for, the next one is asked.
  sh('box', 'printf "nameserver 192.0.2.77\\nnameserver 192.0.2.2\\n" >/etc/resolv.conf');
  expect(address('www.example.org', 'new')).toBe('203.0.113.80');
  sh('box', 'docker network create --internal in');
  sh('box', idle('inner', '--network in'));
  expect(address('www.example.org', 'inner')).toContain(UNKNOWN);
  sh('box', idle('other', '--dns 192.0.2.77 --dns-search corp.example --dns-option timeout:1'));
  expect(sh('box', 'docker exec other cat /etc/resolv.conf')).toContain(
    'nameserver 192.0.2.77\nsearch corp.example\noptions timeout:1\n\n',
  );
  expect(sh('box', 'docker exec other cat /etc/resolv.conf')).toContain(
    '# Overrides: [nameservers search options]',
  );
});
