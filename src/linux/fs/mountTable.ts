/** What mount(2) asks of a type of file systems, and what all mount namespaces of one host share. */
import type { Location } from './mount.ts';
import type { FileSystem, FsClock } from './types.ts';

/** What mount(2) gives a file-system type. */
export interface MountRequest {
  readonly source: string;
  /** The comma-separated `data`, `key` alone as `key` → ''. */
  readonly options: ReadonlyMap<string, string>;
  /** A path as the mounting process sees it; throws OsError. */
  readonly lookup: (path: string) => Location;
  /** MS_RDONLY and its kin. */
  readonly flags: number;
  /** A device number that no other file system has. */
  readonly dev: number;
  readonly clock: FsClock;
  /** For trace subjects: host name and mount point. */
  readonly subject: () => string;
}

export type FilesystemTypes = ReadonlyMap<string, (request: MountRequest) => FileSystem>;

/** What all mount namespaces of one host share. */
export interface MountTable {
  readonly types: FilesystemTypes;
  nextMountId: number;
  nextDev: number;
  /** The inode number of /proc/PID/ns/mnt of a new namespace. */
  readonly nextInode: () => number;
}
