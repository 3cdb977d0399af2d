/** Definitions of persistent domains: a file of XML each, and the UUID that every domain has. */
import { isOsError, randomUuid, strerror } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import type { DomainConfig } from '../domain/config.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { LibvirtError } from '../errors.ts';
import type { NamedConfig } from './domain.ts';
import { writeWhole } from './files.ts';

/** Where persistent domains are kept. */
export const CONFIG_PATH = '/etc/libvirt/qemu';

const hex = (byte: number) => byte.toString(16).padStart(2, '0');

/** Of the block that QEMU's and KVM's machines have; one that nobody has in `taken`. */
function* newMac(taken: readonly string[]): Sys<string> {
  for (;;) {
    const mac = `52:54:00:${[...(yield* sys.getrandom(3))].map(hex).join(':')}`;
    if (!taken.includes(mac)) return mac;
  }
}

/** Gives what a definition leaves open. `others` are the host's other configurations. */
export function* complete(config: DomainConfig, others: readonly NamedConfig[]): Sys<NamedConfig> {
  const taken = [...others, config].flatMap(({ interfaces }) => interfaces.flatMap(({ mac }) => mac ?? []));
  const interfaces: NamedConfig['interfaces'][number][] = [];
  for (const each of config.interfaces) {
    const mac = each.mac ?? (yield* newMac(taken));
    taken.push(mac);
    interfaces.push({ ...each, mac });
  }
  return { ...config, uuid: config.uuid ?? randomUuid(yield* sys.getrandom(16)), interfaces };
}

export const configPath = (name: string) => `${CONFIG_PATH}/${name}.xml`;

/** Throws LibvirtError, and the old file is there as it was. */
export function* writeConfig(config: NamedConfig): Sys<void> {
  const path = configPath(config.name);
  try {
    yield* writeWhole(path, formatDomain(config, null));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new LibvirtError('plain', `cannot write config file '${path}': ${strerror(error.code)}`);
  }
}
