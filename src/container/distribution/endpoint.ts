/** Where a registry is, by the domain of an image's name, and whether it is spoken to in plain. */

import type { Sys } from '../../linux/index.ts';
import { insecureRegistries } from '../daemonFile.ts';
import { EngineError } from '../model.ts';

const HUB = 'docker.io';
const HUB_HOST = 'registry-1.docker.io';

export interface Endpoint {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** `scheme://host[:port]`, as messages show it. */
  readonly url: string;
}

const PORTS = { http: 80, https: 443 } as const;

/** Throws EngineError. */
export function endpointOf(url: string): Endpoint {
  const [, scheme, host, port] = /^(https?):\/\/([^/:]+|\[[^\]]*\])(?::(\d{1,5}))?(?:\/.*)?$/.exec(url) ?? [];
  if (scheme === undefined || host === undefined)
    throw new EngineError(500, `parse ${JSON.stringify(url)}: invalid URI`);
  const known = scheme as 'http' | 'https';
  return {
    scheme: known,
    host,
    port: Number(port ?? PORTS[known]),
    url: `${scheme}://${host}${port === undefined ? '' : `:${port}`}`,
  };
}

const numberOf = (address: string): number | null => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  return parts === null ? null : parts.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
};

/** `host`, `host:port`, or a prefix of addresses. */
function covers(entry: string, domain: string): boolean {
  if (entry === domain) return true;
  const [network = '', length = ''] = entry.split('/');
  const base = numberOf(network);
  const address = numberOf(domain.replace(/:\d+$/, ''));
  if (base === null || address === null || !/^\d{1,2}$/.test(length)) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(base / size) === Math.floor(address / size);
}

/**
 * The registry of a domain. Those of the host itself and of daemon.json's insecure-registries are spoken to in plain, and any if whoever asks
 * says that it may be `insecure`.
 */
export function* registryOf(domain: string, insecure = false): Sys<Endpoint> {
  if (domain === HUB) return endpointOf(`https://${HUB_HOST}`);
  const isLocal = /^localhost(:\d+)?$/.test(domain) || covers('127.0.0.0/8', domain);
  const isInsecure =
    insecure || isLocal || (yield* insecureRegistries()).some((entry) => covers(entry, domain));
  return endpointOf(`${isInsecure ? 'http' : 'https'}://${domain}`);
}
