/** Files, directories, mounts: the VFS of a simulated host. */

export { ROOT_CREDENTIALS } from '../credentials/credentials.ts';
export { ComputedFs, type ComputedNode, directoryOf } from './computedFs.ts';
export {
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  mayAccess,
  requireAccess,
  statSeen,
} from './credentials.ts';
export { Dentry } from './dentry.ts';
export { makeDevFs } from './devfs.ts';
export type { LayerFinding } from './events.ts';
export { type FuseAttributes, FuseFs, type FuseOperations, type FuseOptions } from './fuse.ts';
export { MemFs } from './memfs.ts';
export { type Location, Mount, type PeerGroup } from './mount.ts';
export { MountNamespace } from './mounts.ts';
export type { FilesystemTypes, MountRequest, MountTable } from './mountTable.ts';
export { mountOverlay } from './overlay/mountType.ts';
export { OverlayFs } from './overlay/overlayFs.ts';
export { type FileSpec, type FileTree, populate } from './populate.ts';
export * from './types.ts';
export { vfs } from './vfs.ts';
export { boundBy, mount, pivotRoot, umount } from './vfsMounts.ts';
export { pathOf, pathWithin, type VfsContext, walk } from './walk.ts';
