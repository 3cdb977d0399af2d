/** Networks and endpoints as the daemon keeps them (libnetwork's terms). */
import type { Ipv4, Prefix } from '../../network/index.ts';

/** The part of a network that lies in /var/lib/docker/network, in the words of the API. */
export interface NetworkRecord {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Driver: 'bridge' | 'host' | 'null';
  readonly Internal: boolean;
  /** Of a bridge: its device, the first address of which is the containers' gateway. Empty for other drivers. */
  readonly Bridge: string;
  readonly IPAM: readonly PoolConfig[];
  /** The subnet was chosen by the user, so addresses in it may be, too. */
  readonly UserSubnet: boolean;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** As IPAM.Config of the API has it. */
export interface PoolConfig {
  readonly Subnet: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** A network with its endpoints. */
export interface Network {
  readonly record: NetworkRecord;
  /** Null without addresses: host, none. */
  readonly subnet: Prefix | null;
  readonly gateway: Ipv4;
  /** Addresses that containers are given come from here. */
  readonly range: Prefix | null;
  /** Addresses that somebody has: gateway, auxiliary ones, containers'. */
  readonly taken: Set<Ipv4>;
  /** By the container's id. */
  readonly endpoints: Map<string, Endpoint>;
}

/** A container's place in a network while it runs. */
export interface Endpoint {
  readonly id: string;
  readonly network: Network;
  readonly container: string;
  readonly address: Ipv4;
  readonly mac: string;
  /** The device at the bridge. */
  readonly hostDevice: string;
  /** The device in the container. */
  readonly device: string;
}

export const DEFAULT_NETWORK = 'bridge';
export const BRIDGE_OPTION = 'com.docker.network.bridge.name';
export const MTU_OPTION = 'com.docker.network.driver.mtu';
export const MASQUERADE_OPTION = 'com.docker.network.bridge.enable_ip_masquerade';
export const ICC_OPTION = 'com.docker.network.bridge.enable_icc';
export const BINDING_OPTION = 'com.docker.network.bridge.host_binding_ipv4';

export const isDefault = ({ record }: Network): boolean => record.Name === DEFAULT_NETWORK;
