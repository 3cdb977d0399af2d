/** A domain as the daemon keeps it, and its states by libvirt's names. */
import type { DomainConfig, InterfaceConfig } from '../domain/config.ts';
import type { Running } from '../domain/formatDomain.ts';
import type { Machine } from '../emulator/machine.ts';
import type { CompletedJob, Job } from './migration/job.ts';

export type DomainState = 'running' | 'paused' | 'in shutdown' | 'shut off' | 'crashed';
export type StateReason =
  | 'unknown'
  | 'booted'
  | 'unpaused'
  | 'user'
  | 'starting up'
  | 'shutdown'
  | 'destroyed'
  | 'crashed'
  | 'panicked'
  | 'saved'
  | 'from snapshot'
  | 'restored'
  | 'migrating'
  | 'migrated'
  | 'migration canceled'
  | 'failed';

/** With a UUID, and a MAC address for each interface: from here on every configuration has them. */
export type NamedConfig = DomainConfig & {
  readonly uuid: string;
  readonly interfaces: readonly (InterfaceConfig & { readonly mac: string })[];
};

export interface Domain {
  /** Of the running machine; a new definition waits in `next`. */
  config: NamedConfig;
  next: NamedConfig | null;
  /** Whether it is there when it is shut off. */
  persistent: boolean;
  state: DomainState;
  reason: StateReason;
  /** Counts up with every start; null while it is shut off. */
  id: number | null;
  /** The emulator that runs it. */
  machine: Machine | null;
  /** Whether it begins anew when the guest has powered off: it was asked to reboot. */
  rebooting: boolean;
  /** Files of its disks that it writes to. */
  writes: readonly string[];
  /** Files of its disks that it only reads. */
  reads: readonly string[];
  /** Names of its interfaces' taps. */
  taps: readonly string[];
  /** A migration that is under way. */
  job: Job | null;
  /** The last migration that is over. */
  completed: CompletedJob | null;
}

export const active = (domain: Domain): boolean => domain.id !== null;

/** What its XML says besides its configuration; null while it is shut off. */
export const runningPart = ({ id, taps }: Domain): Running | null => (id === null ? null : { id, taps });

/** What clients are told of a domain. */
export interface DomainSummary {
  readonly name: string;
  readonly uuid: string;
  readonly title: string | null;
  readonly id: number | null;
  readonly state: DomainState;
  readonly reason: StateReason;
  readonly persistent: boolean;
  /** KiB. */
  readonly memory: number;
  readonly currentMemory: number;
  readonly vcpus: number;
}

export function summary({ config, id, state, reason, persistent }: Domain): DomainSummary {
  const { name, uuid, title, memory, currentMemory, vcpus } = config;
  return { name, uuid, title, id, state, reason, persistent, memory, currentMemory, vcpus };
}
