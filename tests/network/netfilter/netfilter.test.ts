/** Rules, connection states and translation, seen from the hosts around a router. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, isOsError, SECOND } from '../../../src/base/index.ts';
import {
  type Action,
  buildIcmp,
  type CtState,
  formatIpv4,
  type Hook,
  ICMP_ECHO,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Match,
  Netfilter,
  type NetworkNamespace,
  PRIORITY,
  parseIcmp,
  parseIpv4Packet,
  type Table,
} from '../../../src/network/index.ts';
import { gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

/** lan (10.0.0.2) — router (10.0.0.1, 198.51.100.1) — server (198.51.100.2). The server knows no way to the lan. */
function routed() {
  const world = new NetworkWorld();
  const [lan, router, server] = [world.host('lan'), world.host('router'), world.host('server')];
  world.join(lan, 'eth0', '10.0.0.2/24', router, 'lan', '10.0.0.1/24');
  world.join(router, 'wan', '198.51.100.1/24', server, 'eth0', '198.51.100.2/24');
  gateway(lan, '10.0.0.1');
  router.settings.ipForward = true;
  const filter = Netfilter.of(router);
  return { world, lan, router, server, filter, table: filter.addTable('ip', 't') };
}

const device = (which: 'in' | 'out', name: string): Match => ({
  kind: 'device',
  which,
  names: [name],
  negate: false,
});
const protocol = (number: number): Match => ({ kind: 'protocol', protocols: [number], negate: false });
const port = (number: number): Match => ({
  kind: 'port',
  which: 'destination',
  ranges: [[number, number]],
  negate: false,
});
const state = (...states: CtState[]): Match => ({ kind: 'ctState', states, negate: false });
const drop: Action = { kind: 'drop' };
const accept: Action = { kind: 'accept' };
const masquerade: Action = { kind: 'masquerade', ports: null };
const dnat = (address: string, to: number | null): Action => ({
  kind: 'dnat',
  range: { addresses: [ip(address), ip(address)], ports: to === null ? null : [to, to] },
});

function base(table: Table, name: string, hook: Hook, policy: 'accept' | 'drop' = 'accept') {
  const nat = name.startsWith('nat');
  const priority = !nat
    ? PRIORITY.filter
    : hook === 'prerouting' || hook === 'output'
      ? PRIORITY.dstnat
      : PRIORITY.srcnat;
  return table.addChain(name, { type: nat ? 'nat' : 'filter', hook, priority, policy });
}

/** Whether a UDP datagram of `from` reaches a socket of `to`, and from which address. */
function reaches(
  world: NetworkWorld,
  from: NetworkNamespace,
  to: NetworkNamespace,
  address: string,
  number = 7,
): string | null {
  const server = to.udp.open();
  server.bind(0, number);
  const client = from.udp.open();
  try {
    client.send(Uint8Array.of(1), { address: ip(address), port: number });
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  } finally {
    world.run();
    client.close();
  }
  const got = server.receive();
  server.close();
  return got === null ? null : formatIpv4(got.from.address);
}

/** Echoes from a host: who answers, with which type and code, and what packet an error quotes. */
function ping(world: NetworkWorld, host: NetworkNamespace, to: string, ttl = 64): string[] {
  const socket = host.raw.open(IPPROTO_ICMP);
  socket.ignoredIcmpTypes.add(ICMP_ECHO);
  socket.ttl = ttl;
  socket.send(buildIcmp({ type: ICMP_ECHO, code: 0, id: 9, sequence: 1, data: new Uint8Array(8) }), ip(to));
  world.run(4 * SECOND);
  const lines: string[] = [];
  for (let got = socket.receive(); got !== null; got = socket.receive()) {
    const header = parseIpv4Packet(got.bytes)!;
    const message = parseIcmp(got.bytes.subarray(header.headerLength))!;
    const inner = message.type === 0 ? null : parseIpv4Packet(message.data);
    const quoted = inner === null ? '' : ` ${formatIpv4(inner.source)}>${formatIpv4(inner.destination)}`;
    lines.push(`${formatIpv4(got.from)} ${message.type}/${message.code}${quoted}`);
  }
  socket.close();
  return lines;
}

function errorOf(body: () => unknown): string | null {
  try {
    body();
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
}

test('the policy decides what no rule does; counters count', () => {
  const { world, lan, router, filter, table } = routed();
  const chain = base(table, 'in', 'input', 'drop');
  const counter = { kind: 'counter' as const, packets: 0, bytes: 0 };
  table.addRule('in', [protocol(IPPROTO_UDP), port(7), counter, accept]);
  expect(reaches(world, lan, router, '10.0.0.1', 7)).toBe('10.0.0.2');
  expect(reaches(world, lan, router, '10.0.0.1', 8)).toBeNull();
  expect([counter.packets, counter.bytes, chain.policyCounter.packets]).toEqual([1, 29, 1]);
  expect(world.trace.since(0, 'nf.drop').map((event) => [event.detail.chain, event.detail.rule])).toEqual([
    ['in', null],
  ]);
  filter.deleteTable('ip', 't');
  expect(reaches(world, lan, router, '10.0.0.1', 8)).toBe('10.0.0.2');
});

test('a dropped packet of the host itself is EPERM', () => {
  const { world, router, server, table } = routed();
  base(table, 'out', 'output');
  table.addRule('out', [protocol(IPPROTO_UDP), port(9), drop]);
  expect(reaches(world, router, server, '198.51.100.2', 9)).toBe('EPERM');
  expect(reaches(world, router, server, '198.51.100.2', 7)).toBe('198.51.100.1');
});

test('chains jump, return and go to', () => {
  const { world, lan, router, table } = routed();
  base(table, 'in', 'input');
  for (const name of ['a', 'b', 'c']) table.addChain(name);
  table.addRule('in', [port(1), { kind: 'jump', chain: 'a' }]);
  table.addRule('in', [port(2), { kind: 'goto', chain: 'b' }]);
  table.addRule('in', [port(3), { kind: 'jump', chain: 'b' }]);
  table.addRule('in', [port(1), drop]);
  table.addRule('in', [port(2), drop]);
  table.addRule('in', [port(3), drop]);
  table.addRule('a', [{ kind: 'jump', chain: 'c' }]);
  table.addRule('a', [accept]);
  table.addRule('c', [{ kind: 'return' }]);
  table.addRule('c', [drop]);
  const got = [1, 2, 3].map((number) => reaches(world, lan, router, '10.0.0.1', number) !== null);
  expect(got).toEqual([true, true, false]);
  expect(errorOf(() => table.addRule('c', [{ kind: 'jump', chain: 'a' }]))).toBe('ELOOP');
  expect(errorOf(() => table.addRule('c', [{ kind: 'jump', chain: 'nowhere' }]))).toBe('ENOENT');
  expect(errorOf(() => table.addRule('in', [masquerade]))).toBe('EOPNOTSUPP');
  expect(errorOf(() => table.deleteChain('a', true))).toBe('EBUSY');
});

test('a stateful firewall lets answers in and nothing else', () => {
  const { world, lan, router, server, table } = routed();
  gateway(server, '198.51.100.1');
  base(table, 'forward', 'forward', 'drop');
  table.addRule('forward', [state('established', 'related'), accept]);
  table.addRule('forward', [device('in', 'lan'), state('new'), accept]);
  expect(reaches(world, server, lan, '10.0.0.2', 7)).toBeNull();
  const asked = server.udp.open();
  asked.bind(0, 53);
  const client = lan.udp.open();
  client.bind(0, 4000);
  client.send(Uint8Array.of(1), { address: ip('198.51.100.2'), port: 53 });
  world.run();
  asked.send(Uint8Array.of(2), asked.receive()!.from);
  world.run();
  expect(client.receive()!.data).toEqual(Uint8Array.of(2));
  // Errors about it come in as well.
  const refused = lan.udp.open();
  refused.connect(ip('198.51.100.2'), 54);
  refused.send(Uint8Array.of(1));
  world.run();
  expect(refused.takeError()).toBe('ECONNREFUSED');
  // After 30 seconds of silence the answer is nobody's; a flow with answers stays for 30 as well until it is a stream.
  world.run(31 * SECOND);
  asked.send(Uint8Array.of(3), { address: ip('10.0.0.2'), port: 4000 });
  world.run();
  expect(client.receive()).toBeNull();
  expect(router.filter).toBeInstanceOf(Netfilter);
});

test('masquerading: outside sees the router, inside gets its answers, flows are listed', () => {
  const { world, lan, server, filter, table } = routed();
  base(table, 'nat-post', 'postrouting');
  table.addRule('nat-post', [device('out', 'wan'), masquerade]);
  expect(reaches(world, lan, server, '198.51.100.2')).toBe('198.51.100.1');
  expect(ping(world, lan, '198.51.100.2')).toEqual(['198.51.100.2 0/0']);
  const listener = server.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  const client = lan.tcp.open();
  client.connect(ip('198.51.100.2'), 80);
  world.run();
  client.send(encodeUtf8('hello'));
  world.run();
  const peer = listener.accept()!;
  expect(decodeUtf8(peer.receive(9)!)).toBe('hello');
  expect(formatIpv4(peer.remote!.address)).toBe('198.51.100.1');
  const flow = filter.conntrack.flows.find((each) => each.original.protocol === IPPROTO_TCP)!;
  expect([flow.tcp!.state, flow.assured, filter.conntrack.remaining(flow) > 431_000 * SECOND]).toEqual([
    'ESTABLISHED',
    true,
    true,
  ]);
  expect(world.trace.since(0, 'nat.rewrite')[0]!.detail).toMatchObject({ side: 'source', device: 'wan' });
  client.close();
  peer.close();
  world.run();
  expect(flow.tcp!.state).toBe('TIME_WAIT');
  world.run(121 * SECOND);
  expect(filter.conntrack.flows.some((each) => each.original.protocol === IPPROTO_TCP)).toBe(false);
});

test('two clients with the same port get two; three and only two ports: one is dropped', () => {
  const { world, lan, server, router, table, filter } = routed();
  world.join(router, 'lan2', '10.0.2.1/24', world.host('lan2'), 'eth0', '10.0.2.2/24');
  for (const last of [3, 4]) lan.addresses.add(lan.device('eth0')!, ip(`10.0.0.${last}`), 24);
  base(table, 'nat-post', 'postrouting');
  table.addRule('nat-post', [device('out', 'wan'), { kind: 'masquerade', ports: [6000, 6001] }]);
  const listener = server.udp.open();
  listener.bind(0, 7);
  const ports = [2, 3, 4].map((last) => {
    const client = lan.udp.open();
    client.bind(ip(`10.0.0.${last}`), 5000);
    client.send(Uint8Array.of(last), { address: ip('198.51.100.2'), port: 7 });
    world.run();
    return listener.receive()?.from.port ?? null;
  });
  expect([...ports.slice(0, 2)].sort()).toEqual([6000, 6001]);
  expect(ports[2]).toBeNull();
  expect(world.trace.since(0, 'nat.exhausted').length).toBe(1);
  expect(filter.conntrack.count).toBe(2);
});

test('a published port leads inside, also with another number', () => {
  const { world, lan, router, server, table } = routed();
  base(table, 'nat-pre', 'prerouting');
  table.addRule('nat-pre', [device('in', 'wan'), protocol(IPPROTO_TCP), port(8080), dnat('10.0.0.2', 80)]);
  gateway(server, '198.51.100.1');
  const listener = lan.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  const client = server.tcp.open();
  client.connect(ip('198.51.100.1'), 8080);
  world.run();
  expect(client.finishConnect()).toBe(true);
  expect(formatIpv4(listener.accept()!.remote!.address)).toBe('198.51.100.2');
  // The rule is for what comes from outside.
  const local = router.tcp.open();
  local.connect(ip('198.51.100.1'), 8080);
  world.run();
  expect(errorOf(() => local.finishConnect())).toBe('ECONNREFUSED');
});

test('errors about translated packets tell of the untranslated ones', () => {
  const { world, lan, router, server, table } = routed();
  const far = world.host('far');
  world.join(server, 'eth1', '192.0.2.1/24', far, 'eth0', '192.0.2.2/24');
  server.settings.ipForward = true;
  gateway(router, '198.51.100.2');
  gateway(far, '192.0.2.1');
  base(table, 'nat-post', 'postrouting');
  table.addRule('nat-post', [device('out', 'wan'), masquerade]);
  expect(ping(world, lan, '192.0.2.2')).toEqual(['192.0.2.2 0/0']);
  expect(ping(world, lan, '192.0.2.2', 2)).toEqual(['198.51.100.2 11/0 10.0.0.2>192.0.2.2']);
  expect(ping(world, lan, '192.0.2.9')).toEqual(['198.51.100.2 3/1 10.0.0.2>192.0.2.9']);
  // The other way round: a router's error about a published port comes from the published address.
  base(table, 'nat-pre', 'prerouting');
  table.addRule('nat-pre', [device('in', 'wan'), protocol(IPPROTO_UDP), port(9), dnat('10.0.0.77', null)]);
  const stray = server.udp.open();
  stray.receiveErrors = true;
  stray.connect(ip('198.51.100.1'), 9);
  stray.send(Uint8Array.of(1));
  world.run(4 * SECOND);
  expect(stray.takeError()).toBe('EHOSTUNREACH');
});

test('the host’s own packets are translated at output, and answers come from where they were sent', () => {
  const { world, router, server, table } = routed();
  base(table, 'nat-out', 'output');
  table.addRule('nat-out', [protocol(IPPROTO_UDP), port(53), dnat('198.51.100.2', 5353)]);
  table.addRule('nat-out', [protocol(IPPROTO_UDP), port(54), { kind: 'redirect', ports: [5454, 5454] }]);
  gateway(router, '198.51.100.2');
  const servers = [server, router].map((host, index) => {
    const socket = host.udp.open();
    // One that is bound to all addresses would answer from another than was asked, as on Linux.
    socket.bind(index === 0 ? 0 : ip('127.0.0.1'), index === 0 ? 5353 : 5454);
    return socket;
  });
  for (const [index, number] of [53, 54].entries()) {
    const client = router.udp.open();
    client.connect(ip('203.0.113.9'), number);
    client.send(Uint8Array.of(number));
    world.run();
    const got = servers[index]!.receive()!;
    expect(got.data).toEqual(Uint8Array.of(number));
    servers[index]!.send(Uint8Array.of(9), got.from);
    world.run();
    // A connected socket hears only whom it asked.
    expect(client.receive()?.from).toEqual({ address: ip('203.0.113.9'), port: number });
  }
});

test('rejections: TCP hears RST, others the ICMP code', () => {
  const { world, lan, server, router, table } = routed();
  gateway(server, '198.51.100.1');
  base(table, 'forward', 'forward');
  table.addRule('forward', [protocol(IPPROTO_TCP), { kind: 'reject', with: 'tcp-reset' }]);
  table.addRule('forward', [protocol(IPPROTO_UDP), { kind: 'reject', with: { icmpCode: 13 } }]);
  const client = lan.tcp.open();
  client.connect(ip('198.51.100.2'), 80);
  world.run();
  expect(errorOf(() => client.finishConnect())).toBe('ECONNREFUSED');
  const socket = lan.udp.open();
  socket.connect(ip('198.51.100.2'), 80);
  socket.send(Uint8Array.of(1));
  world.run();
  expect(socket.takeError()).toBe('EHOSTUNREACH');
  expect(ping(world, lan, '198.51.100.2')).toEqual(['198.51.100.2 0/0']);
  expect(router.name).toBe('router');
});

test('answers that nobody asked for, and damaged packets, are invalid', () => {
  const { world, lan, server, router, table } = routed();
  gateway(server, '198.51.100.1');
  base(table, 'forward', 'forward');
  const counter = { kind: 'counter' as const, packets: 0, bytes: 0 };
  table.addRule('forward', [state('invalid'), counter, drop]);
  const socket = lan.raw.open(IPPROTO_ICMP);
  const reply = buildIcmp({ type: 0, code: 0, id: 9, sequence: 1, data: new Uint8Array(8) });
  socket.send(reply, ip('198.51.100.2'));
  world.run();
  expect(counter.packets).toBe(1);
  socket.send(
    buildIcmp({ type: 8, code: 0, id: 9, sequence: 1, data: new Uint8Array(8) }),
    ip('198.51.100.2'),
  );
  world.run();
  expect(counter.packets).toBe(1);
  reply[2]! ^= 1;
  socket.send(reply, ip('198.51.100.2'));
  world.run();
  expect([counter.packets, router.name]).toEqual([2, 'router']);
});

test('a limit lets a burst through, and then its rate', () => {
  const { world, lan, router, table } = routed();
  base(table, 'in', 'input', 'drop');
  table.addRule('in', [{ kind: 'limit', rate: 1, per: SECOND, burst: 5, over: false }, accept]);
  const socket = router.udp.open();
  socket.bind(0, 7);
  const client = lan.udp.open();
  const burst = (count: number) => {
    for (let i = 0; i < count; i++) client.send(Uint8Array.of(i), { address: ip('10.0.0.1'), port: 7 });
    world.run(SECOND / 10);
    let got = 0;
    while (socket.receive() !== null) got++;
    return got;
  };
  expect(burst(20)).toBe(5);
  world.run(3 * SECOND);
  expect(burst(20)).toBe(3);
});

test('a full table drops new flows once all are assured, and forgets others first', () => {
  const { world, lan, server, table, filter } = routed();
  base(table, 'nat-post', 'postrouting');
  table.addRule('nat-post', [device('out', 'wan'), masquerade]);
  filter.conntrack.max = 3;
  for (let number = 1; number <= 6; number++)
    expect(reaches(world, lan, server, '198.51.100.2', number)).not.toBeNull();
  expect(filter.conntrack.count).toBe(3);
  const listener = server.tcp.open();
  listener.bind(0, 80);
  listener.listen(9);
  for (let i = 0; i < 3; i++) lan.tcp.open().connect(ip('198.51.100.2'), 80);
  world.run();
  expect(reaches(world, lan, server, '198.51.100.2', 7)).toBeNull();
  expect(filter.conntrack.drops).toBe(1);
});

test('a device that loses its address takes the flows that had it', () => {
  const { world, lan, server, table, filter, router } = routed();
  base(table, 'nat-post', 'postrouting');
  table.addRule('nat-post', [device('out', 'wan'), masquerade]);
  reaches(world, lan, server, '198.51.100.2');
  expect(filter.conntrack.count).toBe(1);
  router.device('wan')!.setUp(false);
  expect(filter.conntrack.count).toBe(0);
});
