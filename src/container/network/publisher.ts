/**
 * Published ports: rules that translate what comes to the host, and for what the rules cannot reach (127.0.0.1, a container's own network)
 * a process docker-proxy, which holds the port.
 */
import { isOsError } from '../../base/index.ts';
import { type Pid, type Sys, sys } from '../../linux/index.ts';
import { formatIpv4, IPPROTO_TCP, IPPROTO_UDP, type Ipv4, parseIpv4 } from '../../network/index.ts';
import { type Container, EngineError } from '../model.ts';
import type { PortBinding, PortMap } from '../networking.ts';
import { PROXY_LISTENER, PROXY_PATH } from '../proxy/paths.ts';
import { addRules, deleteRules } from './firewall.ts';
import { withNetlink } from './netlink.ts';
import { PortAllocator, type PortProtocol, PortTaken } from './ports.ts';
import {
  accept,
  destination,
  drop,
  host,
  input,
  not,
  output,
  type PlacedRule,
  port,
  protocol,
  rule,
  translateTo,
} from './ruleText.ts';
import { BINDING_OPTION, type Endpoint } from './types.ts';

interface Published {
  readonly protocol: PortProtocol;
  readonly hostAddress: Ipv4;
  readonly hostPort: number;
  readonly address: Ipv4;
  readonly port: number;
  readonly bridge: string;
  proxy: Pid | null;
}

const LOOPBACK_NET = 127;

function rulesOf(published: Published): { head: PlacedRule[]; end: PlacedRule[] } {
  const { hostAddress, hostPort, address, bridge } = published;
  const number = published.protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP;
  const outside = not(input(bridge));
  const inner = [protocol(number), port('destination', published.port)];
  const outer = [protocol(number), port('destination', hostPort)];
  const here = hostAddress === 0 ? [] : [destination(host(hostAddress))];
  return {
    head: [rule('filter', 'DOCKER', [destination(host(address)), outside, output(bridge), ...inner], accept)],
    end: [
      rule('nat', 'DOCKER', [...here, outside, ...outer], translateTo('dnat', address, published.port)),
      rule('raw', 'PREROUTING', [destination(host(address)), outside, ...inner], drop),
      ...(hostAddress >>> 24 === LOOPBACK_NET
        ? [rule('raw', 'PREROUTING', [...here, not(input('lo')), ...outer], drop)]
        : []),
    ],
  };
}

/** `8080`, `8080-8090`; null for any. */
function rangeOf(text: string): readonly [number, number] | null {
  if (text === '') return null;
  const [low, high = low] = text.split('-').map(Number);
  return [low!, high!];
}

export class Publisher {
  readonly #ports = new PortAllocator();
  /** By container. */
  readonly #published = new Map<string, { endpoint: string; ports: Published[] }>();

  /** What goes out by which endpoint now; null: by none. */
  endpointOf(container: Container): string | null {
    return this.#published.get(container.ID)?.endpoint ?? null;
  }

  wanted(container: Container): boolean {
    return wantedPorts(container).size > 0;
  }

  /**
   * Publishes the container's ports by an endpoint's address, at the ports that it had if `before` says so. In the daemon's main process,
   * whose children the proxies are. Throws EngineError; what was published by then stays until {@link withdraw}.
   */
  *publish(container: Container, endpoint: Endpoint, before: PortMap | null): Sys<void> {
    const ports: Published[] = [];
    this.#published.set(container.ID, { endpoint: endpoint.id, ports });
    const shown: Record<string, PortBinding[] | null> = {};
    container.NetworkSettings.Ports = shown;
    for (const [key, asked] of wantedPorts(container)) {
      const bindings = before?.[key] ?? asked;
      const [number, name] = key.split('/');
      shown[key] = bindings.length === 0 ? null : [];
      for (const binding of bindings) {
        const place = { protocol: name as PortProtocol, port: Number(number) };
        const made = yield* this.#publishOne(container, endpoint, place, binding, ports);
        shown[key]!.push({ HostIp: formatIpv4(made.hostAddress), HostPort: `${made.hostPort}` });
      }
    }
  }

  *#publishOne(
    container: Container,
    endpoint: Endpoint,
    place: { readonly protocol: PortProtocol; readonly port: number },
    binding: PortBinding,
    ports: Published[],
  ): Sys<Published> {
    const { record } = endpoint.network;
    const ip = binding.HostIp || (record.Options[BINDING_OPTION] ?? '0.0.0.0');
    const hostAddress = parseIpv4(ip);
    const failed = (why: string) =>
      new EngineError(
        500,
        `driver failed programming external connectivity on endpoint ${container.Name.slice(1)} (${endpoint.id}): ${why}`,
      );
    if (hostAddress === null) throw failed(`invalid host IP address ${ip}`);
    const range = rangeOf(binding.HostPort);
    const inUse = new Set<number>();
    for (;;) {
      let hostPort: number;
      try {
        hostPort = this.#ports.request(hostAddress, place.protocol, range, inUse);
      } catch (error) {
        if (error instanceof PortTaken) throw failed(error.message);
        throw error;
      }
      const { address } = endpoint;
      const made: Published = {
        ...place,
        hostAddress,
        hostPort,
        address,
        bridge: record.Bridge,
        proxy: null,
      };
      const problem = yield* startProxy(made);
      if (problem === null) {
        ports.push(made);
        const missing = yield* addPortRules(made);
        if (missing === null) return made;
        throw failed(missing);
      }
      this.#ports.release(hostAddress, hostPort, place.protocol);
      inUse.add(hostPort);
      const single = range !== null && range[0] === range[1];
      if (single)
        throw failed(
          `failed to bind host port for ${ip}:${hostPort}:${formatIpv4(address)}:${place.port}/${place.protocol}: ${problem}`,
        );
    }
  }

  /** Takes back what the container has published. */
  *withdraw(container: Container): Sys<void> {
    const { ports } = this.#published.get(container.ID) ?? { ports: [] };
    this.#published.delete(container.ID);
    container.NetworkSettings.Ports = {};
    if (ports.length === 0) return;
    yield* withNetlink(function* (netlink) {
      yield* deleteRules(
        netlink,
        ports.flatMap((each) => {
          const { head, end } = rulesOf(each);
          return [...head, ...end];
        }),
      );
    });
    for (const each of ports) {
      if (each.proxy !== null) yield* endProxy(each.proxy);
      this.#ports.release(each.hostAddress, each.hostPort, each.protocol);
    }
  }
}

/** Null, or what iptables says when somebody has taken the daemon's chains away. */
function* addPortRules(made: Published): Sys<string | null> {
  const { head, end } = rulesOf(made);
  try {
    yield* withNetlink(function* (netlink) {
      yield* addRules(netlink, end);
      yield* addRules(netlink, head, 'head');
    });
    return null;
  } catch (error) {
    if (!isOsError(error, 'ENOENT')) throw error;
    const { protocol: name, hostAddress, hostPort, bridge } = made;
    const to = hostAddress === 0 ? '0/0' : formatIpv4(hostAddress);
    const command = `iptables --wait -t nat -A DOCKER -p ${name} -d ${to} --dport ${hostPort} -j DNAT --to-destination ${formatIpv4(made.address)}:${made.port} ! -i ${bridge}`;
    return `Unable to enable DNAT rule: (iptables failed: ${command}: iptables: No chain/target/match by that name.\n (exit status 1))`;
  }
}

/** `80/tcp` → its bindings: those asked for, with -P any port for what is exposed. */
function wantedPorts(container: Container): Map<string, readonly PortBinding[]> {
  const { PortBindings, PublishAllPorts } = container.HostConfig;
  const any: readonly PortBinding[] = PublishAllPorts ? [{ HostIp: '', HostPort: '' }] : [];
  const wanted = new Map<string, readonly PortBinding[]>();
  for (const key of Object.keys(container.Config.ExposedPorts))
    wanted.set(key.includes('/') ? key : `${key}/tcp`, any);
  for (const [key, bindings] of Object.entries(PortBindings))
    wanted.set(key.includes('/') ? key : `${key}/tcp`, bindings ?? []);
  const number = (key: string) => Number(key.split('/')[0]);
  return new Map([...wanted].sort(([a], [b]) => number(a) - number(b)));
}

/** The port's socket, made by the daemon and given to the proxy; why it cannot be had, or null. */
function* startProxy(published: Published): Sys<string | null> {
  const { hostAddress, hostPort, address } = published;
  const stream = published.protocol === 'tcp';
  const socket = yield* sys.socket({ family: 'inet', type: stream ? 'stream' : 'dgram' });
  yield* sys.setcloexec(socket, true);
  try {
    yield* sys.setsockopt(socket, 'SO_REUSEADDR', stream ? 1 : 0);
    yield* sys.bind(socket, { family: 'inet', address: hostAddress, port: hostPort });
    if (stream) yield* sys.listen(socket);
  } catch (error) {
    yield* sys.close(socket);
    if (isOsError(error, 'EADDRINUSE')) return 'address already in use';
    if (isOsError(error, 'EADDRNOTAVAIL')) return 'cannot assign requested address';
    throw error;
  }
  const words = [
    ...['-proto', published.protocol],
    ...['-host-ip', formatIpv4(hostAddress), '-host-port', `${hostPort}`],
    ...['-container-ip', formatIpv4(address), '-container-port', `${published.port}`],
    '-use-listen-fd',
  ];
  published.proxy = yield* sys.fork(function* () {
    yield* sys.prctl('PR_SET_PDEATHSIG', 'TERM');
    yield* sys.dup2(socket, PROXY_LISTENER);
    return yield* sys.execve(PROXY_PATH, [PROXY_PATH, ...words], new Map());
  });
  yield* sys.close(socket);
  return null;
}

function* endProxy(pid: Pid): Sys<void> {
  try {
    yield* sys.kill(pid, 'INT');
  } catch (error) {
    if (!isOsError(error, 'ESRCH')) throw error;
  }
}
