/** `virtbook registry` in a test's own process, which a process of its own would take seconds to load. */
import type { AddressInfo } from 'node:net';
import { type registryCommand, registryMaker } from '../../src/cli/registryCommand.ts';
import { serveRegistry } from '../../src/cli/registryServer.ts';

type Options = Omit<Parameters<typeof registryCommand>[0], 'port' | 'user'>;

export interface RegistryHere {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  close(): void;
}

/** With the command's options. */
export async function registryHere(
  user: readonly string[] = [],
  options: Options = {},
): Promise<RegistryHere> {
  const server = await serveRegistry(
    0,
    registryMaker({ user, ...options }, () => {}),
  );
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
