/** /networks of podman's API. Docker's default network, `bridge`, is podman's `podman`. */
import type { Sys } from '../../linux/index.ts';
import { bool, decode, listOf, mapOf, string, strings, struct } from '../decode.ts';
import type { Response } from '../http.ts';
import { EngineError } from '../model.ts';
import { ok } from '../routes/handler.ts';
import { asDocker, bodyOf, type Call, exists, type LibpodRoute } from './call.ts';

const networkBody = struct('types.Network', {
  name: string,
  driver: string,
  subnets: listOf(struct('types.Subnet', { subnet: string, gateway: string })),
  ipv6_enabled: bool,
  internal: bool,
  labels: mapOf(string),
  options: mapOf(string),
});

const connectBody = struct('NetworkConnectOptions', {
  container: string,
  Container: string,
  Force: bool,
  static_ips: strings,
  aliases: strings,
});

interface DockerNetwork {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Driver: string;
  readonly Internal: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: { readonly Config: readonly { Subnet?: string; Gateway?: string }[] | null };
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}

const dockerName = (name: string): string => (name === 'podman' ? 'bridge' : name);

function viewOf(network: DockerNetwork) {
  const isDefault = network.Name === 'bridge';
  return {
    name: isDefault ? 'podman' : network.Name,
    id: network.Id,
    driver: network.Driver,
    network_interface: network.Options?.['com.docker.network.bridge.name'] ?? `br-${network.Id.slice(0, 12)}`,
    created: network.Created,
    subnets: (network.IPAM.Config ?? []).map(({ Subnet, Gateway }) => ({
      subnet: Subnet,
      ...(Gateway !== undefined && { gateway: Gateway }),
    })),
    ipv6_enabled: network.EnableIPv6,
    internal: network.Internal,
    dns_enabled: !isDefault,
    labels: network.Labels ?? {},
    options: network.Options ?? {},
    ipam_options: { driver: 'host-local' },
  };
}

function* inspect(call: Call, name: string): Sys<Response> {
  return ok(
    viewOf(yield* bodyOf<DockerNetwork>(call, `GET /networks/${encodeURIComponent(dockerName(name))}`)),
  );
}

function* create(call: Call): Sys<Response> {
  const given = decode(networkBody, call.request.body ?? {}) as {
    readonly name?: string;
    readonly driver?: string;
    readonly subnets?: readonly { subnet?: string; gateway?: string }[];
    readonly ipv6_enabled?: boolean;
    readonly internal?: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    readonly options?: Readonly<Record<string, string>>;
  };
  if (!given.name) throw new EngineError(400, 'a network without a name is not simulated on this host');
  const { Id } = yield* bodyOf<{ Id: string }>(call, 'POST /networks/create', {
    body: {
      ...{ Name: given.name, Driver: given.driver ?? 'bridge' },
      ...{ EnableIPv6: given.ipv6_enabled ?? false, Internal: given.internal ?? false },
      ...{ Labels: given.labels ?? {}, Options: given.options ?? {} },
      IPAM: {
        Config: (given.subnets ?? []).map(({ subnet, gateway }) => ({
          ...(subnet !== undefined && { Subnet: subnet }),
          ...(gateway !== undefined && { Gateway: gateway }),
        })),
      },
    },
  });
  return yield* inspect(call, Id);
}

/** `connect` or `disconnect`. */
const joining = (what: 'connect' | 'disconnect') =>
  function* (call: Call): Sys<Response | null> {
    const given = decode(connectBody, call.request.body ?? {}) as Record<string, unknown>;
    const { static_ips = [], aliases = [] } = given as { static_ips?: string[]; aliases?: string[] };
    const EndpointConfig = {
      ...(aliases.length > 0 && { Aliases: aliases }),
      ...(static_ips.length > 0 && { IPAMConfig: { IPv4Address: static_ips[0] } }),
    };
    return yield* asDocker(call, `POST /networks/${encodeURIComponent(dockerName(call.args[0]!))}/${what}`, {
      body: { Container: given.container ?? given.Container, ...(what === 'connect' && { EndpointConfig }) },
    });
  };

function* remove(call: Call): Sys<Response> {
  const name = call.args[0]!;
  yield* asDocker(call, `DELETE /networks/${encodeURIComponent(dockerName(name))}`);
  return ok([{ Name: name, Err: null }]);
}

function* prune(call: Call): Sys<Response> {
  const { NetworksDeleted } = yield* bodyOf<{ NetworksDeleted: string[] | null }>(
    call,
    'POST /networks/prune',
    {
      query: { filters: call.request.query.get('filters') ?? '' },
    },
  );
  return ok((NetworksDeleted ?? []).map((Name) => ({ Name, Error: null })));
}

export const networkRoutes: readonly LibpodRoute[] = [
  [
    'GET',
    /^\/networks\/json$/,
    function* (call) {
      const networks = yield* bodyOf<DockerNetwork[]>(call, 'GET /networks', {
        query: { filters: call.request.query.get('filters') ?? '' },
      });
      return ok(networks.filter(({ Driver }) => Driver === 'bridge').map(viewOf));
    },
  ],
  ['POST', /^\/networks\/create$/, create],
  ['POST', /^\/networks\/prune$/, prune],
  ['GET', /^\/networks\/([^/]+)\/json$/, (call) => inspect(call, call.args[0]!)],
  ['GET', /^\/networks\/([^/]+)\/exists$/, exists(inspect)],
  ['POST', /^\/networks\/([^/]+)\/connect$/, joining('connect')],
  ['POST', /^\/networks\/([^/]+)\/disconnect$/, joining('disconnect')],
  ['DELETE', /^\/networks\/([^/]+)$/, remove],
];
