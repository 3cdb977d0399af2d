/** Runs the lines of networkCases.ts on the network room: the same words as realNetwork.py, the same outcomes. */
import { isOsError, type OsError, SECOND } from '../../src/base/index.ts';
import {
  type Action,
  buildIcmp,
  customaryBroadcast,
  formatIpv4,
  formatPrefix,
  type Hook,
  ICMP_ECHO,
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  type Match,
  Netfilter,
  type NetworkNamespace,
  networkOf,
  PRIORITY,
  parseIcmp,
  parseIpv4Packet,
  parsePrefix,
  type Route,
  type RouteType,
  type Statement,
} from '../../src/network/index.ts';
import type { NetworkCase } from './networkCases.ts';
import { ip, NetworkWorld } from './networkHosts.ts';

type Outcome = string | readonly string[] | null;

/** What each line of a case gave; lines that say nothing when they work are left out. */
export function simulate({ lines }: NetworkCase): Outcome[] {
  const world = new NetworkWorld('cases');
  const hosts = new Map(['a', 'r', 'b'].map((name) => [name, world.host(name)]));
  const host = (name: string) => hosts.get(name)!;
  world.join(host('a'), 'eth0', null, host('r'), 'eth0', null);
  world.join(host('r'), 'eth1', null, host('b'), 'eth0', null);
  const place = (name: string, device: string, text: string) => addAddress(host(name), device, text);
  place('a', 'eth0', '10.0.1.2/24');
  place('r', 'eth0', '10.0.1.1/24');
  place('r', 'eth1', '10.0.2.1/24');
  place('b', 'eth0', '10.0.2.2/24');
  return lines.map((line) => run(world, host, line)).filter((outcome) => outcome !== null);
}

function run(world: NetworkWorld, host: (name: string) => NetworkNamespace, line: string): Outcome {
  const [name, verb, ...all] = line.split(' ') as [string, string, ...string[]];
  const here = host(name);
  const words = all.filter((word) => !word.includes('=') || verb === 'sysctl');
  const options = new Map(
    all.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]),
  );
  const wait = Number(options.get('wait') ?? '0.4') * SECOND;
  switch (verb) {
    case 'ping':
      return ping(world, here, words[0]!, options, wait);
    case 'udp':
      return udp(world, here, words[0]!, Number(words[1]), host(words[2]!), wait);
    case 'refused':
      return udp(world, here, words[0]!, Number(words[1]), null, wait);
    case 'tcp':
      return tcp(world, here, words[0]!, words[1]!, words[2] === '-' ? null : host(words[2]!), wait);
    case 'get':
      return attempt(
        () => routeGet(here, words[0]!),
        (error) => error.message,
      );
    case 'routes':
      return here.routing.main.all.map(routeText);
    case 'neighbours':
      return here.neighbours.all
        .map((each) => `${formatIpv4(each.address)} ${each.device.name} ${each.state}`)
        .sort();
    case 'wait':
      world.run(Number(words[0]) * SECOND);
      return null;
    default:
      return attempt(
        () => {
          change(here, verb, words);
          return null;
        },
        () => 'failed',
      );
  }
}

function attempt(body: () => Outcome, failed: (error: OsError) => string): Outcome {
  try {
    return body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    return failed(error);
  }
}

function addAddress(host: NetworkNamespace, device: string, text: string): void {
  const { address, length } = parsePrefix(text)!;
  host.addresses.add(host.device(device)!, address, length, {
    broadcast: customaryBroadcast(address, length),
  });
}

/** What changes a host: ip(8)'s words, sysctl, nft. */
function change(host: NetworkNamespace, verb: string, words: readonly string[]): void {
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1]! : null);
  const device = after('dev') === null ? null : host.device(after('dev')!);
  if (verb === 'sysctl') {
    const [key, value] = words[0]!.split('=');
    if (key === 'ip_forward') host.settings.ipForward = value === '1';
    else if (key === 'icmp_ratelimit') host.settings.icmpRateLimit = Number(value);
    else if (key === 'icmp_echo_ignore_all') host.settings.icmpEchoIgnoreAll = value === '1';
    else throw new Error(`unknown switch ${key}`);
  } else if (verb === 'nft') addRule(host, words);
  else if (verb === 'address' && words[0] === 'add') addAddress(host, device!.name, words[1]!);
  else if (verb === 'address') {
    const { address, length } = parsePrefix(words[1]!)!;
    host.addresses.delete(device!, address, length);
  } else if (verb === 'link') {
    const changed = host.device(words[1]!)!;
    if (words[2] === 'mtu') changed.setMtu(Number(words[3]));
    else if (words[2] === 'name') host.rename(changed, words[3]!);
    else changed.setUp(words[2] === 'up');
  } else {
    const typed = ['blackhole', 'unreachable', 'prohibit'].includes(words[1]!);
    const prefix = words[typed ? 2 : 1]!;
    const parsed = prefix === 'default' ? { address: 0, length: 0 } : parsePrefix(prefix)!;
    const { address: destination, length } = parsed;
    if (words[0] === 'del') {
      host.routing.main.delete(
        (each) => each.destination === networkOf(destination, length) && each.length === length,
      );
      return;
    }
    host.routing.add({
      destination,
      length,
      type: typed ? (words[1] as RouteType) : 'unicast',
      gateway: after('via') === null ? null : ip(after('via')!),
      source: after('src') === null ? null : ip(after('src')!),
      metric: Number(after('metric') ?? 0),
      device,
      onlink: words.includes('onlink'),
    });
  }
}

/** As iproute2 prints a route. */
function routeText(route: Route): string {
  const { type, destination, length, gateway, device, source, metric, protocol, scope } = route;
  const prefix =
    length === 0
      ? 'default'
      : length === 32
        ? formatIpv4(destination)
        : formatPrefix({ address: destination, length });
  const words = [type === 'unicast' ? prefix : `${type} ${prefix}`];
  if (gateway !== null) words.push(`via ${formatIpv4(gateway)}`);
  if (device !== null) words.push(`dev ${device.name}`);
  if (protocol !== 'boot') words.push(`proto ${protocol}`);
  if (scope === 'link') words.push('scope link');
  if (source !== null) words.push(`src ${formatIpv4(source)}`);
  if (metric !== 0) words.push(`metric ${metric}`);
  if (route.onlink) words.push('onlink');
  if (device !== null && !device.carrier) words.push('linkdown');
  return words.join(' ');
}

function routeGet(host: NetworkNamespace, text: string): string {
  const destination = ip(text);
  const way = host.routing.way(destination);
  const words = way.type === 'unicast' ? [text] : [way.type, text];
  if (way.nextHop !== destination) words.push(`via ${formatIpv4(way.nextHop)}`);
  return [...words, `dev ${way.device.name}`, `src ${formatIpv4(way.source)}`].join(' ');
}

function ping(
  world: NetworkWorld,
  host: NetworkNamespace,
  to: string,
  options: ReadonlyMap<string, string>,
  wait: number,
): Outcome {
  const socket = host.raw.open(IPPROTO_ICMP);
  socket.ignoredIcmpTypes.add(ICMP_ECHO);
  socket.ttl = Number(options.get('ttl') ?? 64);
  socket.dontFragment = options.get('df') === '1';
  const data = new Uint8Array(Number(options.get('size') ?? 56));
  try {
    socket.send(buildIcmp({ type: ICMP_ECHO, code: 0, id: 7, sequence: 1, data }), ip(to));
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
  // Whoever pings goes on as soon as the answer is there.
  const until = world.queue.now + wait;
  while (!socket.poll().in && world.queue.step(until));
  if (!socket.poll().in) world.queue.advanceTo(until);
  const got = socket.receive();
  socket.close();
  if (got === null) return 'nothing';
  const message = parseIcmp(got.bytes.subarray(parseIpv4Packet(got.bytes)!.headerLength))!;
  return `${formatIpv4(got.from)} ${message.type}/${message.code}`;
}

function udp(
  world: NetworkWorld,
  host: NetworkNamespace,
  to: string,
  port: number,
  server: NetworkNamespace | null,
  wait: number,
): Outcome {
  const listener = server?.udp.open() ?? null;
  listener?.bind(0, port);
  const client = host.udp.open();
  try {
    client.connect(ip(to), port);
    client.send(Uint8Array.of(0x78));
    world.run(wait);
    const got = listener?.receive() ?? null;
    if (got !== null) return `from ${formatIpv4(got.from.address)}`;
    client.receive();
    return 'nothing';
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  } finally {
    client.close();
    listener?.close();
  }
}

/** `80`, or `8080:80` where the server has another port than it is called by. */
function tcp(
  world: NetworkWorld,
  host: NetworkNamespace,
  to: string,
  ports: string,
  server: NetworkNamespace | null,
  wait: number,
): Outcome {
  const [called, listening] = ports.split(':').map(Number);
  const listener = server?.tcp.open() ?? null;
  if (listener !== null) {
    listener.reuseAddress = true;
    listener.bind(0, listening ?? called!);
    listener.listen(5);
  }
  const client = host.tcp.open();
  try {
    client.connect(ip(to), called!);
    world.run(wait);
    if (!client.finishConnect()) return 'nothing';
    return `connected from ${formatIpv4(listener!.accept()!.remote!.address)}`;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  } finally {
    client.close();
    listener?.close();
  }
}

/** `HOOK MATCH … VERDICT` in nft's words. */
function addRule(host: NetworkNamespace, words: readonly string[]): void {
  const [hook, ...rule] = words as [Hook, ...string[]];
  const statements: Statement[] = [];
  for (let at = 0; at < rule.length; ) {
    const [statement, used] = next(rule.slice(at));
    statements.push(...statement);
    at += used;
  }
  const nat = statements.some((each) => ['masquerade', 'dnat', 'snat', 'redirect'].includes(each.kind));
  const name = `${nat ? 'nat' : 'filter'}_${hook}`;
  const filter = Netfilter.of(host);
  const table = filter.tables[0] ?? filter.addTable('ip', 't');
  const early = hook === 'prerouting' || hook === 'output';
  const priority = nat ? (early ? PRIORITY.dstnat : PRIORITY.srcnat) : PRIORITY.filter;
  if (!table.chains.has(name))
    table.addChain(name, { type: nat ? 'nat' : 'filter', hook, priority, policy: 'accept' });
  table.addRule(name, statements);
}

const REJECTIONS: Readonly<Record<string, number>> = { 'admin-prohibited': 13 };

/** The statements that the first words make, and how many words that were. */
function next(words: readonly string[]): [Statement[], number] {
  const [first, second, third] = words as [string, string, string];
  const protocol = (number: number): Match => ({ kind: 'protocol', protocols: [number], negate: false });
  switch (first) {
    case 'tcp':
    case 'udp': {
      const port = Number(third);
      return [
        [
          protocol(first === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP),
          { kind: 'port', which: 'destination', ranges: [[port, port]], negate: false },
        ],
        3,
      ];
    }
    case 'icmp':
      return [[{ kind: 'icmp', types: [ICMP_ECHO], code: null, negate: false }], 3];
    case 'iifname':
    case 'oifname':
      return [
        [{ kind: 'device', which: first === 'iifname' ? 'in' : 'out', names: [second], negate: false }],
        2,
      ];
    case 'ct':
      return [[{ kind: 'ctState', states: third.split(',') as ('new' | 'established')[], negate: false }], 3];
    case 'masquerade':
      return [[{ kind: 'masquerade', ports: null }], 1];
    case 'redirect': {
      const port = Number(third.slice(1));
      return [[{ kind: 'redirect', ports: [port, port] }], 3];
    }
    case 'ip': {
      const address = ip(third);
      return [
        [
          {
            kind: 'address',
            which: second === 'daddr' ? 'destination' : 'source',
            ranges: [[address, address]],
            negate: false,
          },
        ],
        3,
      ];
    }
    case 'snat':
    case 'dnat': {
      const [address, port] = second.split(':');
      const range = {
        addresses: [ip(address!), ip(address!)] as const,
        ports: port === undefined ? null : ([Number(port), Number(port)] as const),
      };
      return [[{ kind: first, range }], 2];
    }
    case 'reject': {
      const how: Action =
        second === undefined
          ? { kind: 'reject', with: { icmpCode: 3 } }
          : third === 'tcp'
            ? { kind: 'reject', with: 'tcp-reset' }
            : { kind: 'reject', with: { icmpCode: REJECTIONS[words[4]!]! } };
      return [[how], words.length];
    }
    default:
      return [[{ kind: first as 'accept' | 'drop' }], 1];
  }
}
