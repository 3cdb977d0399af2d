/** A network as the API shows it. */
import { formatIpv4 } from '../../network/index.ts';
import { PREDEFINED_NAMES } from './predefined.ts';
import type { Network } from './types.ts';

/** `nameOf` names containers by their ids; without it they are not shown. */
export function networkView(network: Network, nameOf: ((id: string) => string) | null): unknown {
  const { record, endpoints, subnet } = network;
  const shown = [...endpoints.values()].map((endpoint) => [
    endpoint.container,
    {
      Name: nameOf?.(endpoint.container) ?? '',
      EndpointID: endpoint.id,
      MacAddress: endpoint.mac,
      IPv4Address: subnet === null ? '' : `${formatIpv4(endpoint.address)}/${subnet.length}`,
      IPv6Address: '',
    },
  ]);
  return {
    Name: record.Name,
    Id: record.Id,
    Created: record.Created,
    Scope: 'local',
    Driver: record.Driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: PREDEFINED_NAMES.includes(record.Name) ? null : {},
      Config: record.IPAM.length === 0 && PREDEFINED_NAMES.includes(record.Name) ? null : record.IPAM,
    },
    Internal: record.Internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: nameOf === null ? {} : Object.fromEntries(shown),
    Options: record.Options,
    Labels: record.Labels,
  };
}
