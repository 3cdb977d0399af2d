/** A container's networks as `inspect` and `ps` show them. */
import type { Container } from './model.ts';
import { type EndpointSettings, sharedWith } from './networking.ts';

/** Fields that stand in for those of the default bridge, from before there were other networks. */
function legacyFields(endpoint: EndpointSettings | undefined) {
  return {
    EndpointID: endpoint?.EndpointID ?? '',
    Gateway: endpoint?.Gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint?.IPAddress ?? '',
    IPPrefixLen: endpoint?.IPPrefixLen ?? 0,
    IPv6Gateway: '',
    MacAddress: endpoint?.MacAddress ?? '',
  };
}

export function networkSettingsView({ NetworkSettings, HostConfig }: Container): unknown {
  const { SandboxID, SandboxKey, Ports, Networks } = NetworkSettings;
  return {
    Bridge: '',
    SandboxID,
    SandboxKey: sharedWith(HostConfig.NetworkMode) === null ? SandboxKey : '',
    Ports,
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...legacyFields(Networks.bridge),
    Networks,
  };
}

interface PortView {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** Ports of GET /containers/json. */
export function portsView({ NetworkSettings }: Container): PortView[] {
  return Object.entries(NetworkSettings.Ports).flatMap(([name, bindings]): PortView[] => {
    const [number, Type = 'tcp'] = name.split('/');
    const PrivatePort = Number(number);
    if (bindings === null) return [{ PrivatePort, Type }];
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PrivatePort,
      PublicPort: Number(HostPort),
      Type,
    }));
  });
}
