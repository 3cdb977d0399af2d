/**
 * The code of hosts with a network: packets, sockets, `ip` and its kin. Few worlds need it: `networking.ts` is that code, and importing it
 * provides it.
 */
import type { EventQueue, Trace } from '../base/index.ts';
import type { FileTree, NetworkStack, ProgramTable } from '../linux/index.ts';
import type { NetworkNamespace } from '../network/index.ts';
import { type CableSpec, type HostSpec, ScenarioError } from './scenario.ts';

/** What a host with a network has besides the others. */
export interface NetworkParts {
  readonly stack: NetworkStack;
  /** The host's own. */
  readonly namespace: NetworkNamespace;
  /** Programs and files of what the host serves. */
  readonly programs: ProgramTable;
  readonly files: FileTree;
}

export interface NetworkPlace {
  readonly events: EventQueue;
  readonly trace: Trace;
  readonly seed: string;
}

/** The cables of a world and what hosts plug into them. */
export interface Networks {
  /** Builds a host's network and plugs its cards in. A second one for the same host takes the first one's place. Throws ScenarioError. */
  host(spec: HostSpec): NetworkParts;
}

type MakeNetworks = (cables: readonly CableSpec[], place: NetworkPlace) => Networks;

let provided: MakeNetworks | null = null;

export function provideNetworks(make: MakeNetworks): void {
  provided = make;
}

/** Whether a host is on a network. */
export const hasNetwork = (spec: HostSpec): boolean =>
  spec.network !== undefined || spec.hypervisor !== undefined;

/** The networks of a world: null when no host has one. Throws ScenarioError when the code is not there. */
export function makeNetworks(
  hosts: readonly HostSpec[],
  cables: readonly CableSpec[],
  place: NetworkPlace,
): Networks | null {
  const first = hosts.find(hasNetwork);
  if (first === undefined && cables.length === 0) return null;
  if (provided === null)
    throw new ScenarioError(
      `${first?.name ?? 'a cable'} has a network: import src/world/networking.ts first`,
    );
  return provided(cables, place);
}
