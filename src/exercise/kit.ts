/** What authors of exercises need of the rooms below: exercises import this room alone. */
export { canonicalJson, decodeUtf8, encodeUtf8, OsError, Random } from '../base/index.ts';
export {
  type FileTree,
  FuseFs,
  type FuseOperations,
  type Inode,
  type MountRequest,
} from '../linux/index.ts';
export type { CallResult, HostFunctions, Json, Sandbox, SandboxError } from '../sandbox/index.ts';
export type { Scenario, World } from '../world/index.ts';
