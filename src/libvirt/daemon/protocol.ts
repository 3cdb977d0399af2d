/** What client and daemon say to each other over the socket: a request and its answer are a line of JSON each. */
import type { KvmStatus } from '../kvm/requests.ts';
import type { DomainSummary } from './domain.ts';

export const LIBVIRT_SOCKET = '/run/libvirt/libvirt-sock';

/** Request → its parameters and its result. `key` is a domain's id, UUID or name. */
export interface Requests {
  list: { readonly with: Record<never, never>; readonly gives: readonly DomainSummary[] };
  lookup: { readonly with: { readonly key: string }; readonly gives: DomainSummary };
  define: { readonly with: { readonly xml: string }; readonly gives: DomainSummary };
  undefine: { readonly with: { readonly key: string }; readonly gives: null };
  start: { readonly with: { readonly key: string; readonly paused: boolean }; readonly gives: null };
  destroy: { readonly with: { readonly key: string }; readonly gives: null };
  shutdown: { readonly with: { readonly key: string }; readonly gives: null };
  reboot: { readonly with: { readonly key: string }; readonly gives: null };
  reset: { readonly with: { readonly key: string }; readonly gives: null };
  suspend: { readonly with: { readonly key: string }; readonly gives: null };
  resume: { readonly with: { readonly key: string }; readonly gives: null };
  dumpxml: { readonly with: { readonly key: string; readonly inactive: boolean }; readonly gives: string };
  /** Null: it is shut off. */
  status: { readonly with: { readonly key: string }; readonly gives: KvmStatus | null };
  disks: {
    readonly with: { readonly key: string };
    readonly gives: readonly { readonly target: string; readonly source: string }[];
  };
  node: {
    readonly with: Record<never, never>;
    readonly gives: { readonly cpus: number; readonly memory: number };
  };
  /** After the answer the connection is the domain's console, both ways, until either side closes it. */
  console: { readonly with: { readonly key: string; readonly force: boolean }; readonly gives: null };
}

export type RequestName = keyof Requests;

/** A request as it is sent. */
export type Request = {
  [Name in RequestName]: { readonly request: Name } & Requests[Name]['with'];
}[RequestName];

/** `missing`: there is no such domain; the client says so in its own words. */
export type Answer = { readonly result: unknown } | { readonly error: string; readonly missing?: boolean };
