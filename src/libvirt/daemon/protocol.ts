/** What client and daemon say to each other over the socket: a request and its answer are a line of JSON each. */
import type { KvmStatus } from '../kvm/requests.ts';
import type { DomainSummary } from './domain.ts';
import type { Kept } from './keeping.ts';
import type { JobInfo } from './migration/job.ts';
import type { Offer } from './migration/source.ts';
import type { Arrival } from './migration/target.ts';
import type { SnapshotBook, SnapshotRecord } from './snapshots.ts';

export const LIBVIRT_SOCKET = '/run/libvirt/libvirt-sock';
/** Where a daemon that listens is reached from other hosts (tcp_port). */
export const LIBVIRT_PORT = 16_509;
/** A side that says nothing for as long is taken to be gone (libvirt's keepalive_interval × keepalive_count + 5 s). */
export const KEEPALIVE = 30_000_000_000;

/** Request → its parameters and its result. `key` is a domain's id, UUID or name. */
export interface Requests {
  list: { readonly with: Record<never, never>; readonly gives: readonly DomainSummary[] };
  lookup: { readonly with: { readonly key: string }; readonly gives: DomainSummary };
  define: { readonly with: { readonly xml: string }; readonly gives: DomainSummary };
  create: {
    readonly with: { readonly xml: string; readonly paused: boolean };
    readonly gives: DomainSummary;
  };
  /** `managedSave`: a state that is kept goes with it. */
  undefine: {
    readonly with: { readonly key: string; readonly managedSave: boolean };
    readonly gives: null;
  };
  /** `forceBoot`: a state that is kept goes, and it begins anew. */
  start: {
    readonly with: { readonly key: string; readonly paused: boolean; readonly forceBoot: boolean };
    readonly gives: null;
  };
  kept: { readonly with: { readonly key: string }; readonly gives: Kept };
  autostart: { readonly with: { readonly key: string; readonly on: boolean }; readonly gives: null };
  managedSave: { readonly with: { readonly key: string }; readonly gives: null };
  /** `kib` from now on, from the next start on, or neither said: as it is at this moment. */
  setMemory: { readonly with: MemoryRequest; readonly gives: null };
  setMaxMemory: { readonly with: MemoryRequest; readonly gives: null };
  /** Whether there was one. */
  managedSaveRemove: { readonly with: { readonly key: string }; readonly gives: boolean };
  destroy: { readonly with: { readonly key: string }; readonly gives: null };
  shutdown: { readonly with: { readonly key: string }; readonly gives: null };
  reboot: { readonly with: { readonly key: string }; readonly gives: null };
  reset: { readonly with: { readonly key: string }; readonly gives: null };
  suspend: { readonly with: { readonly key: string }; readonly gives: null };
  resume: { readonly with: { readonly key: string }; readonly gives: null };
  save: { readonly with: { readonly key: string; readonly path: string }; readonly gives: null };
  restore: { readonly with: { readonly path: string }; readonly gives: DomainSummary };
  snapshotCreate: {
    readonly with: { readonly key: string; readonly name: string; readonly description: string };
    readonly gives: SnapshotRecord;
  };
  snapshotRevert: { readonly with: { readonly key: string; readonly name: string }; readonly gives: null };
  snapshotDelete: { readonly with: { readonly key: string; readonly name: string }; readonly gives: null };
  snapshots: { readonly with: { readonly key: string }; readonly gives: SnapshotBook };
  dumpxml: { readonly with: { readonly key: string; readonly inactive: boolean }; readonly gives: string };
  /** Null: it is shut off. */
  status: { readonly with: { readonly key: string }; readonly gives: KvmStatus | null };
  disks: {
    readonly with: { readonly key: string };
    readonly gives: readonly { readonly target: string; readonly source: string }[];
  };
  interfaces: {
    readonly with: { readonly key: string };
    /** `target`: its tap; null while there is none. */
    readonly gives: readonly {
      readonly type: string;
      readonly source: string;
      readonly mac: string;
      readonly target: string | null;
    }[];
  };
  /** Of a connection that has to show that its other end is there. */
  ping: { readonly with: Record<never, never>; readonly gives: null };
  /** At the source: what there is to be sent. Until its end the migration belongs to this connection. */
  migrateBegin: {
    readonly with: { readonly key: string; readonly unsafe: boolean; readonly copyStorage: boolean };
    readonly gives: Offer;
  };
  /** At the target: the port of a machine that waits for the guest. `offer` is JSON. */
  migratePrepare: { readonly with: { readonly offer: string }; readonly gives: number };
  /** At the source: the answer comes when the emulator has sent all. `uri`: tcp:ADDRESS:PORT. */
  migratePerform: {
    readonly with: {
      readonly key: string;
      readonly uri: string;
      readonly live: boolean;
      readonly copyStorage: boolean;
    };
    /** Whether the guest is to run at the target. */
    readonly gives: { readonly running: boolean };
  };
  /** At the target. */
  migrateFinish: {
    readonly with: {
      readonly key: string;
      readonly cancelled: boolean;
      readonly running: boolean;
      readonly persistent: boolean;
    };
    readonly gives: Arrival | null;
  };
  /** At the source. */
  migrateConfirm: {
    readonly with: {
      readonly key: string;
      readonly cancelled: boolean;
      readonly resumedAt: number;
      readonly undefine: boolean;
    };
    readonly gives: null;
  };
  /** Milliseconds. */
  migrateDowntime: {
    readonly with: { readonly key: string; readonly milliseconds: number };
    readonly gives: null;
  };
  /** `keep`: what is told of a completed one stays to be told again. */
  jobInfo: {
    readonly with: { readonly key: string; readonly completed: boolean; readonly keep: boolean };
    readonly gives: JobInfo;
  };
  jobAbort: { readonly with: { readonly key: string }; readonly gives: null };
  node: {
    readonly with: Record<never, never>;
    readonly gives: { readonly cpus: number; readonly memory: number };
  };
  /** After the answer the connection is the domain's console, both ways, until either side closes it. */
  console: { readonly with: { readonly key: string; readonly force: boolean }; readonly gives: null };
}

interface MemoryRequest {
  readonly key: string;
  readonly kib: number;
  readonly live: boolean;
  readonly config: boolean;
}

/** A line that has no answer: from a client that waits for one, and shows that it is there. */
export const ALIVE = '{"alive":true}';

export type RequestName = keyof Requests;

/** A request as it is sent. */
export type Request = {
  [Name in RequestName]: { readonly request: Name } & Requests[Name]['with'];
}[RequestName];

/** Fields of each request and their types. */
const FIELDS: {
  readonly [Name in RequestName]: Readonly<
    Record<keyof Requests[Name]['with'], 'string' | 'boolean' | 'number'>
  >;
} = {
  list: {},
  lookup: { key: 'string' },
  define: { xml: 'string' },
  create: { xml: 'string', paused: 'boolean' },
  undefine: { key: 'string', managedSave: 'boolean' },
  start: { key: 'string', paused: 'boolean', forceBoot: 'boolean' },
  kept: { key: 'string' },
  autostart: { key: 'string', on: 'boolean' },
  setMemory: { key: 'string', kib: 'number', live: 'boolean', config: 'boolean' },
  setMaxMemory: { key: 'string', kib: 'number', live: 'boolean', config: 'boolean' },
  managedSave: { key: 'string' },
  managedSaveRemove: { key: 'string' },
  destroy: { key: 'string' },
  shutdown: { key: 'string' },
  reboot: { key: 'string' },
  reset: { key: 'string' },
  suspend: { key: 'string' },
  resume: { key: 'string' },
  save: { key: 'string', path: 'string' },
  restore: { path: 'string' },
  snapshotCreate: { key: 'string', name: 'string', description: 'string' },
  snapshotRevert: { key: 'string', name: 'string' },
  snapshotDelete: { key: 'string', name: 'string' },
  snapshots: { key: 'string' },
  dumpxml: { key: 'string', inactive: 'boolean' },
  status: { key: 'string' },
  disks: { key: 'string' },
  interfaces: { key: 'string' },
  ping: {},
  migrateBegin: { key: 'string', unsafe: 'boolean', copyStorage: 'boolean' },
  migratePrepare: { offer: 'string' },
  migratePerform: { key: 'string', uri: 'string', live: 'boolean', copyStorage: 'boolean' },
  migrateFinish: { key: 'string', cancelled: 'boolean', running: 'boolean', persistent: 'boolean' },
  migrateConfirm: { key: 'string', cancelled: 'boolean', resumedAt: 'number', undefine: 'boolean' },
  migrateDowntime: { key: 'string', milliseconds: 'number' },
  jobInfo: { key: 'string', completed: 'boolean', keep: 'boolean' },
  jobAbort: { key: 'string' },
  node: {},
  console: { key: 'string', force: 'boolean' },
};

/** A line from a client, who may be anybody: null when it is no request. */
export function parseRequest(line: string): Request | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Readonly<Record<string, unknown>>;
  const { request } = given;
  if (typeof request !== 'string' || !Object.hasOwn(FIELDS, request)) return null;
  const fields = Object.entries(FIELDS[request as RequestName]);
  return fields.every(([name, type]) => typeof given[name] === type) ? (given as unknown as Request) : null;
}

/** `missing`: there is no such domain; the client says so in its own words. */
export type Answer = { readonly result: unknown } | { readonly error: string; readonly missing?: boolean };
