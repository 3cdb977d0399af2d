/** Hosts that serve images: their programs and files. */
import type { FileTree, ProgramTable } from '../linux/index.ts';
import { REGISTRY_PATHS, REGISTRY_SCRIPT, registryFiles, registryPrograms } from '../registry/index.ts';
import { buildImages } from './images.ts';
import { executables } from './programs.ts';
import type { HostSpec } from './scenario.ts';

/** Nothing for a host that serves none. */
export function registryParts({ registry }: HostSpec): { programs: ProgramTable; files: FileTree } {
  if (registry === undefined) return { programs: new Map(), files: {} };
  const { config, hub, users, images = [] } = registry;
  return {
    programs: registryPrograms,
    files: {
      ...executables(REGISTRY_PATHS),
      ...registryFiles({
        images: buildImages(images),
        ...(config !== undefined && { config }),
        ...(hub !== undefined && { hub }),
        ...(users !== undefined && { users }),
      }),
      '/etc/init.d/30-registry': { content: REGISTRY_SCRIPT, mode: 0o755 },
    },
  };
}
