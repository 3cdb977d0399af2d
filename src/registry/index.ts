/** A registry of images: the OCI distribution API as requests and responses, over files of any kind. */
export type { AccessOptions, AccessRule, User } from './access.ts';
export type { Collected, CollectOptions } from './collect.ts';
export type { RegistryEvent } from './context.ts';
export { MemoryFiles, type RegistryFiles } from './files.ts';
export type { RegistryRequest, RegistryResponse } from './messages.ts';
export {
  REGISTRY_SCRIPT,
  type RegistryFilesOptions,
  registryFiles,
} from './program/files.ts';
export { REGISTRY_PATHS, registryPrograms } from './program/index.ts';
export { Registry, type RegistryOptions } from './registry.ts';
