/** What the parts of a registry that answer requests share. */
import type { Parameters, RegistryRequest } from './messages.ts';
import type { Quota } from './quota.ts';
import type { Repository, Storage } from './storage.ts';

/** What happened, for logs and traces. */
export type RegistryEvent =
  | {
      readonly type: 'blob.upload';
      readonly repository: string;
      readonly digest: string;
      readonly size: number;
    }
  | {
      readonly type: 'blob.mount';
      readonly repository: string;
      readonly digest: string;
      readonly from: string;
    }
  | {
      readonly type: 'blob.pull';
      readonly repository: string;
      readonly digest: string;
      readonly size: number;
    }
  | { readonly type: 'blob.delete'; readonly repository: string; readonly digest: string }
  | {
      readonly type: 'manifest.push';
      readonly repository: string;
      readonly digest: string;
      readonly tags: readonly string[];
    }
  | { readonly type: 'manifest.pull'; readonly repository: string; readonly digest: string }
  | { readonly type: 'manifest.delete'; readonly repository: string; readonly digest: string }
  | { readonly type: 'tag.delete'; readonly repository: string; readonly tag: string };

export interface Context {
  readonly storage: Storage;
  readonly quota: Quota;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** 32 hex digits that nobody had before. */
  readonly newId: () => string;
  /** Bytes. */
  readonly largestManifest: number;
  readonly largestBlob: number;
  readonly report: (event: RegistryEvent) => void;
}

/** One request about one repository, whose sender may do what it asks for. */
export interface Call {
  readonly request: RegistryRequest;
  readonly query: Parameters;
  readonly repository: Repository;
  /** Whether the sender may also pull from that other repository. */
  readonly mayPull: (repository: string) => boolean;
}
