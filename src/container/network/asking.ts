/** What a client may ask of a container's networks: what cannot be and what is not simulated is refused by name. */
import { parseIpv4, parseMac } from '../../network/index.ts';
import { type Container, EngineError, type HostConfig } from '../model.ts';
import type { EndpointSettings, PortBinding } from '../networking.ts';

/** An endpoint as other clients may send it. */
type AskedEndpoint = Partial<Record<keyof EndpointSettings | 'Links' | 'DriverOpts', unknown>> & {
  readonly IPAMConfig?: {
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
    readonly LinkLocalIPs?: readonly string[] | null;
  } | null;
  readonly MacAddress?: string;
};

const isNothing = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Throws EngineError. */
export function requireEndpoint(given: Partial<EndpointSettings> | null): void {
  if (given === null) return;
  const asked = given as AskedEndpoint;
  const { IPAMConfig, MacAddress } = asked;
  const refused: readonly (readonly [unknown, string])[] = [
    [asked.Links, 'links are'],
    [asked.DriverOpts, 'options of the driver for an endpoint are'],
    [asked.GwPriority, 'a priority of gateways is'],
    [IPAMConfig?.IPv6Address, 'an IPv6 address is'],
    [IPAMConfig?.LinkLocalIPs, 'link-local addresses are'],
  ];
  const found = refused.find(([value]) => !isNothing(value));
  if (found !== undefined) throw new EngineError(400, `${found[1]} not simulated on this host`);
  const address = IPAMConfig?.IPv4Address ?? '';
  if (address !== '' && parseIpv4(address) === null)
    throw new EngineError(400, `invalid IPv4 address: ${address}`);
  if (MacAddress && parseMac(MacAddress) === null)
    throw new EngineError(400, `invalid MAC address ${MacAddress}`);
}

function requireBinding(key: string, { HostIp, HostPort }: PortBinding): void {
  if (HostIp?.includes(':')) throw new EngineError(400, `IPv6 is not simulated: ${HostIp}`);
  if (HostIp && parseIpv4(HostIp) === null) throw new EngineError(400, `invalid IP address: ${HostIp}`);
  if (!/^(\d+(-\d+)?)?$/.test(HostPort ?? ''))
    throw new EngineError(400, `invalid port specification: "${HostPort}"`);
  const [low = 0, high = low] = (HostPort ?? '').split('-').map(Number);
  if (low > high || high > 65_535)
    throw new EngineError(400, `invalid port specification: "${HostPort}" for ${key}`);
}

/** Throws EngineError. */
export function requirePorts(config: Container['Config'], host: HostConfig): void {
  for (const key of [...Object.keys(config.ExposedPorts), ...Object.keys(host.PortBindings)]) {
    const [, port = '', protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(key) ?? [];
    if (protocol === 'sctp') throw new EngineError(400, `sctp is not simulated: ${key}`);
    if (!['tcp', 'udp'].includes(protocol) || Number(port) < 1 || Number(port) > 65_535)
      throw new EngineError(400, `invalid port specification: "${key}"`);
  }
  for (const [key, bindings] of Object.entries(host.PortBindings))
    for (const binding of bindings ?? []) requireBinding(key, binding);
}
