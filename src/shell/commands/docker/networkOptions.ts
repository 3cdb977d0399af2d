/** How docker run and docker create connect a container: flags → parts of POST /containers/create (opts/network.go, go-connections/nat). */
import type { OptionSpec, Parsed } from '../options.ts';
import { DockerError } from './api.ts';
import { givesAny, invalid, NO_FLAGS } from './flags.ts';

// A page without networks loads no parser of theirs for this.
const isIpv4 = (text: string): boolean =>
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);

const isIpv6 = (text: string): boolean =>
  /^[\da-f]{0,4}(:[\da-f]{0,4}){2,7}$/i.test(text) &&
  (text.split('::').length === 2 || text.split(':').length === 8);

/** Throws unless a line of --add-host is `name:address` or `name=address`. */
function checkHost(line: string): void {
  const address = /^[^:=]+[:=](.*)$/.exec(line)?.[1];
  if (address === undefined) throw invalid('--add-host', line, `bad format for add-host: "${line}"`);
  const bare = address.replace(/^\[(.+)\]$/, '$1');
  if (bare !== 'host-gateway' && !isIpv4(bare) && !isIpv6(bare))
    throw invalid('--add-host', line, `invalid IP address in add-host: "${bare}"`);
}

export const networkOptions: readonly OptionSpec[] = [
  { long: 'add-host', argument: 'list', help: 'Add a line to /etc/hosts (host:ip)' },
  { long: 'dns', argument: 'list', help: 'Name servers' },
  { long: 'dns-opt', argument: 'list', help: 'As --dns-option' },
  { long: 'dns-option', argument: 'list', help: 'Options of the resolver' },
  { long: 'dns-search', argument: 'list', help: 'Domains in which names are looked up' },
  { long: 'expose', argument: 'list', help: 'Expose a port or a range of ports' },
  { long: 'ip', argument: 'string', help: 'IPv4 address (172.30.100.104)' },
  { long: 'mac-address', argument: 'string', help: 'MAC address (92:d0:c6:0a:29:33)' },
  { long: 'net', argument: 'network', help: 'As --network' },
  { long: 'network', argument: 'network', help: 'Connect to a network: NAME, none, host, container:NAME' },
  { long: 'net-alias', argument: 'list', help: 'As --network-alias' },
  { long: 'network-alias', argument: 'list', help: 'Another name in that network' },
  {
    short: 'p',
    long: 'publish',
    argument: 'list',
    help: 'Publish a port ([[IP:]HOST:]CONTAINER[/PROTOCOL])',
  },
  { short: 'P', long: 'publish-all', help: 'Publish all exposed ports at random ones' },
];

interface Binding {
  readonly HostIp: string;
  readonly HostPort: string;
}

const failed = (why: string) => new DockerError(why, 125);

/** `80` or `80-82`; null for anything else. */
function portRange(text: string): readonly [number, number] | null {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  return first === '' || low < 1 || high > 65_535 || low > high ? null : [low, high];
}

const count = ([low, high]: readonly [number, number]) => high - low + 1;

interface Published {
  readonly container: readonly [number, number];
  readonly protocol: string;
  readonly ip: string;
  /** Null: any port. */
  readonly host: readonly [number, number] | null;
}

function publishedOf(text: string): Published {
  const [, body = '', protocol = 'tcp'] = /^([^/]*)(?:\/(.*))?$/.exec(text) ?? [];
  if (text.includes('[')) throw failed('IPv6 is not simulated');
  const parts = body.split(':');
  const [inner = '', outer = '', ip = ''] = parts.reverse();
  if (!['tcp', 'udp'].includes(protocol.toLowerCase()))
    throw failed(protocol.toLowerCase() === 'sctp' ? 'sctp is not simulated' : `invalid proto: ${protocol}`);
  if (parts.length > 3 || (ip !== '' && !/^\d+(\.\d+){3}$/.test(ip)))
    throw failed(`invalid IP address: ${parts.slice(2).reverse().join(':')}`);
  if (inner === '') throw failed(`no port specified: ${text}<empty>`);
  const container = portRange(inner);
  if (container === null) throw failed(`invalid containerPort: ${inner}`);
  const host = outer === '' ? null : portRange(outer);
  if (outer !== '' && host === null) throw failed(`invalid hostPort: ${outer}`);
  if (host !== null && count(container) !== count(host) && count(container) !== 1)
    throw failed(`invalid ranges specified for container and host Ports: ${inner} and ${outer}`);
  return { container, protocol: protocol.toLowerCase(), ip, host };
}

function portsOf(parsed: Parsed) {
  const exposed: Record<string, Record<string, never>> = {};
  const bindings: Record<string, Binding[]> = {};
  for (const text of parsed.values('expose')) {
    const [range = '', protocol = 'tcp'] = text.split('/');
    const ports = portRange(range);
    if (ports === null || !['tcp', 'udp'].includes(protocol))
      throw failed(
        text.includes(':')
          ? `invalid port format for --expose: ${text}`
          : `invalid range format for --expose: ${text}, error: strconv.ParseUint: parsing "${range}": invalid syntax`,
      );
    for (let port = ports[0]; port <= ports[1]; port++) exposed[`${port}/${protocol}`] = {};
  }
  for (const text of parsed.values('publish')) {
    const { container, protocol, ip, host } = publishedOf(text);
    for (let port = container[0]; port <= container[1]; port++) {
      const key = `${port}/${protocol}`;
      const one = host === null || count(container) !== count(host) ? null : host[0] + port - container[0];
      // A range of the host's for one port of the container's is a choice.
      const HostPort = host === null ? '' : one === null ? `${host[0]}-${host[1]}` : `${one}`;
      exposed[key] = {};
      bindings[key] = [...(bindings[key] ?? []), { HostIp: ip, HostPort }];
    }
  }
  return { exposed, bindings };
}

interface Attachment {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ip: string;
  readonly mac: string;
}

/** `NAME`, or `name=NAME,alias=…,ip=…,mac-address=…`. */
function attachmentOf(text: string): Attachment {
  if (!text.includes('=')) return { name: text, aliases: [], ip: '', mac: '' };
  const aliases: string[] = [];
  const given = { name: '', ip: '', 'mac-address': '' };
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    const key = at < 0 ? field : field.slice(0, at).toLowerCase();
    const value = field.slice(at + 1);
    if (key === 'alias') aliases.push(value);
    else if (key in given) given[key as keyof typeof given] = value;
    else if (['ip6', 'driver-opt', 'link-local-ip', 'gw-priority'].includes(key))
      throw invalid('--network', text, `${key} is not simulated`);
    else throw invalid('--network', text, `invalid field ${field}`);
  }
  if (given.name === '') throw invalid('--network', text, 'network name/id is not specified');
  return { name: given.name, aliases, ip: given.ip, mac: given['mac-address'] };
}

function attachmentsOf(parsed: Parsed): Attachment[] {
  const named = [...parsed.values('network'), ...parsed.values('net')].map(attachmentOf);
  const [first = { name: 'default', aliases: [], ip: '', mac: '' }, ...rest] = named;
  const aliases = [...parsed.values('network-alias'), ...parsed.values('net-alias')];
  const conflict = (flag: string, what: string) =>
    failed(`conflicting options: cannot specify both --${flag} and per-network ${what}`);
  if (aliases.length > 0 && first.aliases.length > 0) throw conflict('network-alias', 'alias');
  if (parsed.has('ip') && first.ip !== '') throw conflict('ip', 'IPv4 address');
  if (parsed.has('mac-address') && first.mac !== '') throw conflict('mac-address', 'MAC address');
  return [
    {
      name: first.name,
      aliases: [...first.aliases, ...aliases],
      ip: parsed.value('ip') ?? first.ip,
      mac: parsed.value('mac-address') ?? first.mac,
    },
    ...rest,
  ];
}

/** An endpoint's settings in the words of the API. */
export function endpointBody(given: { aliases: readonly string[]; ip: string; mac: string }) {
  return {
    ...(given.ip !== '' && { IPAMConfig: { IPv4Address: given.ip } }),
    ...(given.aliases.length > 0 && { Aliases: given.aliases }),
    ...(given.mac !== '' && { MacAddress: given.mac }),
  };
}

function bodyOf(parsed: Parsed) {
  const attachments = attachmentsOf(parsed);
  const isOwn = ({ name }: Attachment) => !/^(default|bridge|host|none|container:.*)$/.test(name);
  for (const given of attachments) {
    if (given.mac !== '' && !/^[\da-f]{2}([:-][\da-f]{2}){5}$/i.test(given.mac))
      throw failed(`${given.mac} is not a valid mac address`);
    if (given.aliases.length > 0 && !isOwn(given))
      throw failed('network-scoped aliases are only supported for user-defined networks');
    if (attachments.filter(({ name }) => name === given.name).length > 1)
      throw failed(`network "${given.name}" is specified multiple times`);
  }
  if (attachments.some(isOwn) && !attachments.every(isOwn))
    throw failed('conflicting options: cannot attach both user-defined and non-user-defined network-modes');
  const { exposed, bindings } = portsOf(parsed);
  for (const line of parsed.values('add-host')) checkHost(line);
  for (const server of parsed.values('dns'))
    if (!isIpv4(server)) throw invalid('--dns', server, `IP address is not correctly formatted: ${server}`);
  return {
    ExposedPorts: exposed,
    host: {
      NetworkMode: attachments[0]!.name,
      PortBindings: bindings,
      PublishAllPorts: parsed.has('publish-all'),
      Dns: parsed.values('dns'),
      DnsSearch: parsed.values('dns-search'),
      DnsOptions: [...parsed.values('dns-opt'), ...parsed.values('dns-option')],
      ExtraHosts: parsed.values('add-host').map((line) => line.replace(/^([^:=]+)[:=]/, '$1:')),
    },
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(
        attachments
          .filter(({ name }) => !name.startsWith('container:'))
          .map((given) => [given.name, endpointBody(given)]),
      ),
    },
  };
}

const WITHOUT_FLAGS = bodyOf(NO_FLAGS);

/** Throws DockerError for flags that cannot be. */
export const networkBody = (parsed: Parsed) =>
  givesAny(parsed, networkOptions) ? bodyOf(parsed) : WITHOUT_FLAGS;
