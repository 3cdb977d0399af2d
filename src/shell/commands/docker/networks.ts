/** docker network …, docker port. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api, DockerError, messageOf, tryApi } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { inspectCommand } from './containers.ts';
import { endpointBody } from './networkOptions.ts';
import { pairsOf } from './pairs.ts';
import { confirmed } from './removing.ts';
import { labelIn, labelsText, listOptions, printList } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);
const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY];

interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly Internal: boolean;
  readonly Created: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly Labels: Readonly<Record<string, string>>;
}

/** `key=value` pairs as the API takes filters. */
function filtersQuery(pairs: readonly string[]): string {
  const filters: Record<string, Record<string, true>> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    filters[key] = { ...filters[key], [pair.slice(at + 1)]: true };
  }
  return pairs.length === 0 ? '' : `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
}

/** An instant as time.Time's String has it. */
const goTime = (instant: string) => instant.replace('T', ' ').replace(/(?:\.0+)?Z$/, ' +0000 UTC');

function* list(parsed: Parsed): Sys<number> {
  const found = (yield* api('GET', `/networks${filtersQuery(parsed.values('filter'))}`)) as ListedNetwork[];
  const rows = [...found]
    .sort((a, b) => (a.Name < b.Name ? -1 : 1))
    .map((network) => ({
      ID: parsed.has('no-trunc') ? network.Id : network.Id.slice(0, 12),
      Name: network.Name,
      Driver: network.Driver,
      Scope: network.Scope,
      IPv4: `${network.EnableIPv4}`,
      IPv6: `${network.EnableIPv6}`,
      Internal: `${network.Internal}`,
      CreatedAt: goTime(network.Created),
      Label: labelIn(network.Labels),
      Labels: labelsText(network.Labels),
    }));
  const columns = [
    { head: 'NETWORK ID', field: 'ID' },
    { head: 'NAME', field: 'Name' },
    { head: 'DRIVER', field: 'Driver' },
    { head: 'SCOPE', field: 'Scope' },
  ];
  yield* printList(rows, columns, {
    format: parsed.value('format'),
    quiet: parsed.has('quiet') ? 'ID' : null,
    type: 'network.networkContext',
  });
  return 0;
}

/** `10.1.0.0/24` as numbers; none when it is no address. */
function numbersOf(text: string): number[] {
  const [, address = '', length] = /^(\d+(?:\.\d+){3})(?:\/(\d+))?$/.exec(text) ?? [];
  if (address === '') return [];
  const ip = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return length === undefined ? [ip] : [ip, Number(length)];
}

/** The pool of --subnet, --gateway, --ip-range, --aux-address. */
function poolOf(parsed: Parsed): Record<string, unknown>[] {
  const subnets = parsed.values('subnet');
  const [gateway, range] = [parsed.value('gateway'), parsed.value('ip-range')];
  const auxiliary = pairsOf(parsed.values('aux-address'));
  if (subnets.length === 0) {
    if (gateway !== null || range !== null || Object.keys(auxiliary).length > 0)
      throw new DockerError('every ip-range or gateway must have a corresponding subnet');
    return [];
  }
  const fits = (address: string) => {
    const [first = 0, length = 0, ip = first] = [...numbersOf(subnets[0]!), numbersOf(address)[0]];
    return length === 0 || Math.floor(first / 2 ** (32 - length)) === Math.floor(ip / 2 ** (32 - length));
  };
  const named = Object.values(auxiliary).map((address) => ['aux-address', address] as const);
  for (const [what, address] of [['range', range], ['gateway', gateway], ...named] as const)
    if (subnets.length === 1 && address !== null && !fits(address))
      throw new DockerError(`no matching subnet for ${what} ${address}`);
  return subnets.map((Subnet, i) => ({
    Subnet,
    ...(i === 0 && range !== null && { IPRange: range }),
    ...(i === 0 && gateway !== null && { Gateway: gateway }),
    ...(i === 0 && Object.keys(auxiliary).length > 0 && { AuxiliaryAddresses: auxiliary }),
  }));
}

function* create(parsed: Parsed): Sys<number> {
  const Config = poolOf(parsed);
  const { Id } = (yield* api('POST', '/networks/create', {
    Name: parsed.operands[0],
    Driver: parsed.value('driver') ?? 'bridge',
    Internal: parsed.has('internal'),
    Attachable: parsed.has('attachable'),
    IPAM: { Driver: 'default', Options: {}, Config },
    Options: pairsOf(parsed.values('opt')),
    Labels: pairsOf(parsed.values('label')),
  })) as { Id: string };
  yield* writeAll(1, `${Id}\n`);
  return 0;
}

/** Prints what could not be removed, and at the end that something could not. */
function* remove(parsed: Parsed): Sys<number> {
  let status = 0;
  for (const name of parsed.operands) {
    const response = yield* tryApi('DELETE', `/networks/${encodeURIComponent(name)}`);
    if (response.status === 404 && parsed.has('force')) continue;
    if (response.status >= 400) {
      yield* tell(`Error response from daemon: ${messageOf(response)}`);
      status = 1;
    } else yield* writeAll(1, `${name}\n`);
  }
  if (status !== 0) yield* tell(`exit status ${status}`);
  return status;
}

function* prune(parsed: Parsed): Sys<number> {
  const query = filtersQuery(parsed.values('filter'));
  const warning = 'This will remove all custom networks not used by at least one container.';
  if (!(yield* confirmed(parsed, warning))) throw new DockerError('network prune has been cancelled');
  const { NetworksDeleted } = (yield* api('POST', `/networks/prune${query}`)) as {
    NetworksDeleted: readonly string[] | null;
  };
  const gone = NetworksDeleted ?? [];
  if (gone.length > 0) yield* writeAll(1, `Deleted Networks:\n${gone.join('\n')}\n\n`);
  return 0;
}

/** docker port: where ports of a container are published. */
function* port({ operands: [name, wanted] }: Parsed): Sys<number> {
  const { NetworkSettings } = (yield* api('GET', `/containers/${name}/json`)) as {
    NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
  };
  const { Ports } = NetworkSettings;
  if (wanted === undefined) {
    const lines = Object.entries(Ports).flatMap(([key, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => `${key} -> ${HostIp}:${HostPort}\n`),
    );
    yield* writeAll(1, lines.join(''));
    return 0;
  }
  const key = wanted.includes('/') ? wanted : `${wanted}/tcp`;
  const bindings = Ports[key] ?? [];
  const [number = ''] = wanted.split('/');
  if (!/^\d+$/.test(number))
    throw new DockerError(
      `Error: invalid port (${number}): strconv.ParseUint: parsing "${number}": invalid syntax`,
    );
  if (bindings.length === 0) throw new DockerError(`Error: No public port '${wanted}' published for ${name}`);
  yield* writeAll(1, bindings.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}\n`).join(''));
  return 0;
}

const filter = { short: 'f', long: 'filter', argument: 'filter', help: 'Only those that match' };

export const networks: readonly DockerCommand[] = [
  {
    name: 'network ls',
    aliases: ['network list'],
    usage: '[OPTIONS]',
    help: 'List networks',
    options: [filter, ...listOptions, { long: 'no-trunc', help: 'Do not shorten' }],
    operands: [0, 0],
    run: list,
  },
  {
    name: 'network create',
    usage: '[OPTIONS] NETWORK',
    help: 'Create a network',
    options: [
      { long: 'attachable', help: 'Let containers attach by hand (swarm)' },
      { long: 'aux-address', argument: 'map', help: 'Addresses that others have (NAME=ADDRESS)' },
      { short: 'd', long: 'driver', argument: 'string', help: 'The driver (default bridge)' },
      { long: 'gateway', argument: 'string', help: "The bridge's address" },
      { long: 'internal', help: 'No way out of the network' },
      { long: 'ip-range', argument: 'string', help: 'Where containers get addresses from' },
      { long: 'label', argument: 'list', help: 'Set labels' },
      { short: 'o', long: 'opt', argument: 'map', help: 'Options of the driver' },
      { long: 'subnet', argument: 'string', help: 'The subnet (10.1.0.0/24)' },
    ],
    operands: [1, 1],
    run: create,
  },
  inspectCommand('network inspect', 'network', '[OPTIONS] NETWORK [NETWORK...]', [
    { short: 'v', long: 'verbose', help: 'More of what a swarm has, of which there is none here' },
  ]),
  {
    name: 'network rm',
    aliases: ['network remove'],
    usage: 'NETWORK [NETWORK...]',
    help: 'Remove networks',
    options: [{ short: 'f', long: 'force', help: 'No error for those that there are not' }],
    operands: many,
    run: remove,
  },
  {
    name: 'network prune',
    usage: '[OPTIONS]',
    help: 'Remove all unused networks',
    options: [
      { long: 'filter', argument: 'filter', help: 'Only those that match' },
      { short: 'f', long: 'force', help: 'Do not ask' },
    ],
    operands: [0, 0],
    run: prune,
  },
  {
    name: 'network connect',
    usage: '[OPTIONS] NETWORK CONTAINER',
    help: 'Connect a container to a network',
    options: [
      { long: 'alias', argument: 'list', help: 'Another name in the network' },
      { long: 'ip', argument: 'string', help: 'IPv4 address (172.30.100.104)' },
    ],
    operands: [2, 2],
    *run(parsed) {
      const [network = '', Container] = parsed.operands;
      const EndpointConfig = endpointBody({
        aliases: parsed.values('alias'),
        ip: parsed.value('ip') ?? '',
        mac: '',
      });
      yield* api('POST', `/networks/${encodeURIComponent(network)}/connect`, { Container, EndpointConfig });
      return 0;
    },
  },
  {
    name: 'network disconnect',
    usage: '[OPTIONS] NETWORK CONTAINER',
    help: 'Disconnect a container from a network',
    options: [{ short: 'f', long: 'force', help: 'Even if it cannot be done in order' }],
    operands: [2, 2],
    *run(parsed) {
      const [network = '', Container] = parsed.operands;
      yield* api('POST', `/networks/${encodeURIComponent(network)}/disconnect`, {
        Container,
        Force: parsed.has('force'),
      });
      return 0;
    },
  },
  {
    name: 'port',
    aliases: ['container port'],
    usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
    help: 'List where ports of a container are published',
    options: [],
    operands: [1, 2],
    run: port,
  },
];
