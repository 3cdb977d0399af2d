/** A registry and two hosts with engines on one switch of 10 Mbit/s or more. */
import type { HostSpec, RegistrySpec } from '../../src/world/index.ts';
import { type NetworkWorld, networkWorld } from './networkWorld.ts';

export interface RegistryWorldOptions {
  readonly registry?: RegistrySpec;
  /** Bits a second of the registry's cable. */
  readonly rate?: number;
  /** /etc/docker/daemon.json of both engines. */
  readonly daemon?: unknown;
  readonly images?: HostSpec['images'];
  /** Of the registry's host and of `one`. */
  readonly programs?: HostSpec['programs'];
}

/** `reg` serves, `one` has images, `two` has none; `sw` is a host with a bridge between them. */
export function registryWorld(options: RegistryWorldOptions = {}): NetworkWorld {
  const {
    registry = {},
    rate,
    daemon = { 'insecure-registries': ['reg:5000'] },
    images = [notes],
    programs,
  } = options;
  const card = (address: string) => ({ devices: [{ name: 'eth0', addresses: [address] }] });
  const files = { '/etc/docker/daemon.json': JSON.stringify(daemon) };
  return networkWorld(
    {
      hosts: [
        {
          name: 'sw',
          network: {
            devices: [
              { name: 'br0', kind: 'bridge' },
              ...[0, 1, 2].map((i) => ({ name: `p${i}`, master: 'br0' })),
            ],
          },
        },
        { name: 'reg', network: card('192.0.2.1/24'), registry, ...(programs && { programs }) },
        { name: 'one', network: card('192.0.2.11/24'), images, files, ...(programs && { programs }) },
        { name: 'two', network: card('192.0.2.12/24'), images: [], files },
      ],
      cables: [
        { between: ['sw/p0', 'reg/eth0'], ...(rate !== undefined && { rate }) },
        { between: ['sw/p1', 'one/eth0'] },
        { between: ['sw/p2', 'two/eth0'] },
      ],
    },
    'registry',
  );
}

export const notes = {
  reference: 'notes:1',
  from: 'base:latest',
  layers: [
    { '/srv/page': 'the page\n', '/srv/old': 'old\n' },
    { '/srv/old': { type: 'chr', rdev: { major: 0, minor: 0 } } },
  ],
  config: { Cmd: ['cat', '/srv/page'] },
} as const satisfies NonNullable<HostSpec['images']>[number];
