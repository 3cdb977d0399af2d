/** Frames of all kinds that the network room makes, for its printer and its capture files. */
import { encodeUtf8, Random, SECOND } from '../../src/base/index.ts';
import {
  announcement,
  answerFrom,
  buildArp,
  buildDhcp,
  buildEthernet,
  buildIcmp,
  buildIpv4,
  buildUdp,
  DEFAULT_RESOLVER,
  DhcpClient,
  DhcpServer,
  dnsDatagram,
  dnsReply,
  dnsTypeNumber,
  ETH_P_ALL,
  ETH_P_ARP,
  ETH_P_IP,
  parseDhcp,
  parseDns,
  Resolver,
  reverseName,
  tagged,
  type Zone,
} from '../../src/network/index.ts';
import { gateway, ip, NetworkWorld } from './networkHosts.ts';

export interface TimedFrame {
  readonly frame: Uint8Array;
  readonly time: number;
}

const MAC = '02:00:00:00:00:01';
const ALL = 'ff:ff:ff:ff:ff:ff';

/** What a host sees that pings, asks and talks TCP through a router. */
export function conversation(): readonly TimedFrame[] {
  const world = new NetworkWorld('frames');
  const [a, r, b] = [world.host('a'), world.host('r'), world.host('b')];
  world.join(a, 'eth0', '10.0.1.2/24', r, 'eth0', '10.0.1.1/24');
  world.join(r, 'eth1', '10.0.2.1/24', b, 'eth0', '10.0.2.2/24');
  gateway(a, '10.0.1.1');
  gateway(b, '10.0.2.1');
  r.settings.ipForward = true;
  const capture = a.openPacketSocket(ETH_P_ALL);
  const raw = a.raw.open(1);
  const echo = (sequence: number, size: number, to: string, ttl = 64) => {
    raw.ttl = ttl;
    raw.send(buildIcmp({ type: 8, code: 0, id: 7, sequence, data: new Uint8Array(size) }), ip(to));
    world.run(5 * SECOND);
  };
  echo(1, 56, '10.0.2.2');
  echo(2, 3000, '10.0.2.2');
  echo(3, 56, '10.0.2.2', 1);
  echo(4, 56, '172.16.1.1');
  echo(5, 56, '10.0.2.9');
  r.device('eth1')!.setMtu(1000);
  raw.dontFragment = true;
  echo(6, 1300, '10.0.2.2');
  const datagram = a.udp.open();
  datagram.send(encodeUtf8('hello'), { address: ip('10.0.2.2'), port: 9 });
  world.run();
  const listener = b.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  const client = a.tcp.open();
  client.connect(ip('10.0.2.2'), 80);
  world.run();
  client.send(encodeUtf8('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  world.run();
  const server = listener.accept()!;
  server.receive(100);
  server.send(encodeUtf8(`HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3000)}`));
  world.run();
  client.receive(9999);
  client.close();
  world.run();
  server.close();
  world.run();
  a.tcp.open().connect(ip('10.0.2.2'), 81);
  world.run();
  const frames: TimedFrame[] = [];
  for (let got = capture.receive(); got !== null; got = capture.receive()) frames.push(got);
  return frames;
}

function packet(protocol: number, payload: Uint8Array): Uint8Array {
  const fields = { source: ip('1.2.3.4'), destination: ip('5.6.7.8'), protocol, payload };
  return buildEthernet(ALL, MAC, ETH_P_IP, buildIpv4(fields));
}

/** Frames that hosts send seldom: unusual ARP, tags, ICMP errors, unknown types. */
export function rareFrames(): readonly Uint8Array[] {
  const arp = (operation: number, sender: string, targetMac: string, target: string) =>
    buildEthernet(
      ALL,
      MAC,
      ETH_P_ARP,
      buildArp({
        operation,
        senderMac: MAC,
        senderAddress: ip(sender),
        targetMac,
        targetAddress: ip(target),
      }),
    );
  const none = '00:00:00:00:00:00';
  const quoted = buildIpv4({
    source: ip('5.6.7.8'),
    destination: ip('9.9.9.9'),
    protocol: 17,
    payload: Uint8Array.of(1, 2, 3, 4, 0, 8, 7, 8),
  });
  const icmp = (type: number, code: number, data = quoted) =>
    packet(1, buildIcmp({ type, code, id: 0, sequence: 0, data }));
  return [
    arp(1, '10.0.1.9', none, '10.0.1.9'),
    arp(1, '0.0.0.0', none, '10.0.1.9'),
    arp(1, '10.0.1.9', MAC, '10.0.1.8'),
    arp(1, '10.0.1.9', ALL, '10.0.1.9'),
    arp(2, '10.0.1.9', ALL, '10.0.1.9'),
    arp(3, '10.0.1.9', ALL, '10.0.1.9'),
    announcement(MAC),
    tagged(arp(1, '10.0.1.9', none, '10.0.1.8'), 10),
    tagged(arp(1, '10.0.1.9', none, '10.0.1.8'), 10, 7),
    buildEthernet(
      ALL,
      MAC,
      0x88b5,
      Uint8Array.from({ length: 37 }, (_, i) => 3 * i),
    ),
    packet(200, new Uint8Array(10)),
    ...[0, 1, 2, 3, 4, 5, 6, 9, 10, 13].map((code) => icmp(3, code)),
    icmp(5, 1),
    icmp(11, 1),
    icmp(12, 0),
    icmp(77, 0),
    packet(1, buildIcmp({ type: 13, code: 0, id: 7, sequence: 2, data: new Uint8Array(12) })),
  ];
}

function datagram(from: string, fromPort: number, to: string, toPort: number, data: Uint8Array): Uint8Array {
  const [source, destination] = [ip(from), ip(to)];
  const payload = buildUdp({ sourcePort: fromPort, destinationPort: toPort, data }, source, destination);
  return buildEthernet(ALL, MAC, ETH_P_IP, buildIpv4({ source, destination, protocol: 17, payload }));
}

/** A client gets an address, keeps it and gives it back; and a message with many options. */
export function dhcpFrames(): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const client = new DhcpClient(MAC, Random.fromSeed('dhcp'), 'vm1');
  const server = new DhcpServer({
    address: ip('192.168.122.1'),
    prefixLength: 24,
    range: [ip('192.168.122.2'), ip('192.168.122.254')],
    hosts: new Map(),
    routers: [ip('192.168.122.1')],
    nameServers: [ip('192.168.122.1'), ip('8.8.8.8')],
    domain: 'virt.example',
    leaseTime: 3600,
    bootFile: 'pxelinux.0',
    nextServer: null,
  });
  const exchange = (actions: ReturnType<DhcpClient['start']>, now: number) => {
    const waiting = [...actions];
    for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
      if (action.kind !== 'send') continue;
      frames.push(datagram('0.0.0.0', 68, '255.255.255.255', 67, action.payload));
      const answer = server.receive(action.payload, now);
      if (answer === null) continue;
      frames.push(datagram('192.168.122.1', 67, '192.168.122.2', 68, answer.payload));
      waiting.push(...client.receive(answer.payload, now));
    }
  };
  exchange(client.start(0), 0);
  exchange(client.timedOut(client.deadline!), client.deadline!);
  exchange(client.release(2000 * SECOND), 2000 * SECOND);
  const [action] = new DhcpClient(MAC, Random.fromSeed('options')).start(0);
  if (action?.kind !== 'send') throw new Error('a client begins by sending');
  const more: (readonly [number, Uint8Array])[] = [
    [57, Uint8Array.of(2, 64)],
    [60, encodeUtf8('PXEClient')],
    [66, encodeUtf8('server')],
    [67, encodeUtf8('file')],
    [26, Uint8Array.of(5, 220)],
    [56, encodeUtf8('no')],
    [200, Uint8Array.of(1, 2)],
    [201, Uint8Array.of(1, 2, 3)],
    [202, Uint8Array.of(1, 2, 3, 4)],
    [55, Uint8Array.of(1, 3, 6, 66, 67)],
  ];
  const message = parseDhcp(action.payload)!;
  const options = new Map([...message.options, ...more]);
  const long = buildDhcp({ ...message, broadcast: true, seconds: 7, options });
  return [...frames, datagram('0.0.0.0', 68, '255.255.255.255', 67, long)];
}

export const ZONES: readonly Zone[] = [
  {
    origin: 'example.com',
    records: [
      {
        name: 'example.com',
        ttl: 60,
        data: {
          type: 'SOA',
          primary: 'ns.example.com',
          mailbox: 'admin.example.com',
          serial: 1,
          refresh: 2,
          retry: 3,
          expire: 4,
          minimum: 5,
        },
      },
      { name: 'example.com', ttl: 60, data: { type: 'NS', target: 'ns.example.com' } },
      { name: 'example.com', ttl: 60, data: { type: 'MX', preference: 10, target: 'mail.example.com' } },
      { name: 'example.com', ttl: 60, data: { type: 'A', address: ip('192.0.2.1') } },
      { name: 'example.com', ttl: 60, data: { type: 'A', address: ip('192.0.2.2') } },
      { name: 'example.com', ttl: 60, data: { type: 'TXT', texts: ['hello world', 'x'] } },
      {
        name: 'example.com',
        ttl: 60,
        data: { type: 'AAAA', bytes: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
      },
      { name: 'www.example.com', ttl: 60, data: { type: 'CNAME', target: 'example.com' } },
      { name: 'a.deep.example.com', ttl: 60, data: { type: 'A', address: ip('192.0.2.3') } },
      { name: '*.wild.example.com', ttl: 60, data: { type: 'A', address: ip('192.0.2.4') } },
    ],
  },
  {
    origin: '2.0.192.in-addr.arpa',
    records: [{ name: '1.2.0.192.in-addr.arpa', ttl: 9, data: { type: 'PTR', target: 'example.com' } }],
  },
];

/** Questions of all types, with their answers. */
export function dnsFrames(): readonly Uint8Array[] {
  let id = 1000;
  const asked = [
    ['www.example.com.', 'A'],
    ['example.com.', 'MX'],
    ['example.com.', 'NS'],
    ['example.com.', 'TXT'],
    ['example.com.', 'AAAA'],
    ['example.com.', 'SOA'],
    ['nope.example.com.', 'A'],
    ['www.example.com.', 'AAAA'],
    [`${reverseName(ip('192.0.2.1'))}.`, 'PTR'],
    ['example.com.', 'ANY'],
    ['other.org.', 'A'],
  ] as const;
  return asked.flatMap(([name, type]) => {
    const resolver = new Resolver(
      { ...DEFAULT_RESOLVER, nameservers: [ip('10.0.0.1')] },
      name,
      type,
      () => id++,
    );
    const query = resolver.next(0)!.datagram;
    const parsed = parseDns(query)!;
    if (parsed.questions[0]!.type !== dnsTypeNumber(type))
      throw new Error('the resolver asks for another type');
    const answer = answerFrom(ZONES, parsed) ?? dnsReply(parsed, 'REFUSED', { recursionAvailable: true });
    return [
      datagram('10.0.0.9', 40_000, '10.0.0.1', 53, query),
      datagram('10.0.0.1', 53, '10.0.0.9', 40_000, dnsDatagram(answer)),
    ];
  });
}
