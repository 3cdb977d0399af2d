/** What a container's /etc/hosts and /etc/resolv.conf say. */
import type { Sys } from '../../linux/index.ts';
import { formatIpv4, type Ipv4 } from '../../network/index.ts';
import { readText } from '../files.ts';
import type { Container } from '../model.ts';
import { hostsText, type IdentityTexts } from '../networking.ts';
import { hasNames } from './names.ts';
import { resolvConfText } from './resolvConf.ts';
import type { Endpoint } from './types.ts';

/** `gateway`: the host's address on the default bridge, for `host-gateway`. */
export function* identityTexts(
  container: Container,
  endpoints: readonly Endpoint[],
  gateway: Ipv4,
): Sys<IdentityTexts> {
  const { HostConfig, Config } = container;
  const hostConf = (yield* readText('/etc/resolv.conf')) ?? '';
  if (HostConfig.NetworkMode === 'host')
    return { hosts: (yield* readText('/etc/hosts')) ?? '', 'resolv.conf': hostConf };
  const own = endpoints
    .filter(({ address }) => address !== 0)
    .map(({ address }) => `${formatIpv4(address)}\t${Config.Hostname}`);
  const extra = HostConfig.ExtraHosts.map((line) => {
    const [name = '', address = ''] = line.split(/:(.*)/s);
    return `${address === 'host-gateway' ? formatIpv4(gateway) : address}\t${name}`;
  });
  return {
    hosts: hostsText([...extra, ...own]),
    'resolv.conf': resolvConfText(HostConfig, hostConf, endpoints.some(hasNames)),
  };
}
