/**
 * The code of hosts with VMs: machine, hypervisor, disk images, libvirtd. It is large, and few worlds need it: `virtualization.ts` is that
 * code, and importing it provides it.
 */
import type { EventQueue, Trace } from '../base/index.ts';
import type { Driver, FileTree, ProgramTable } from '../linux/index.ts';
import type { NetworkNamespace } from '../network/index.ts';
import { type HypervisorSpec, ScenarioError } from './scenario.ts';

/** What a host with a hypervisor has besides the others. */
export interface HypervisorParts {
  readonly drivers: readonly Driver[];
  readonly programs: ProgramTable;
  readonly files: FileTree;
}

export interface HypervisorPlace {
  readonly host: string;
  readonly events: EventQueue;
  readonly trace: Trace;
  /** A file of the host as it is now; null when there is none. Not before the host has been made. */
  readonly readFile: (path: string) => Uint8Array | null;
  /** The host's own. */
  readonly network: NetworkNamespace | null;
}

type MakeParts = (spec: HypervisorSpec, place: HypervisorPlace) => HypervisorParts;

let provided: MakeParts | null = null;

export function provideHypervisors(make: MakeParts): void {
  provided = make;
}

/** Nothing for a host without one. Throws ScenarioError when the code is not there. */
export function hypervisorParts(spec: HypervisorSpec | undefined, place: HypervisorPlace): HypervisorParts {
  if (spec === undefined) return { drivers: [], programs: new Map(), files: {} };
  if (provided === null)
    throw new ScenarioError(`${place.host} has a hypervisor: import src/world/virtualization.ts first`);
  return provided(spec, place);
}
