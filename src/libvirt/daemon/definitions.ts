/** Definitions of persistent domains: a file of XML each, and the UUID that every domain has. */
import { isOsError, strerror } from '../../base/index.ts';
import { O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { formatDomain } from '../domain/formatDomain.ts';
import { formatUuid } from '../domain/parseDomain.ts';
import { LibvirtError } from '../errors.ts';
import type { NamedConfig } from './domain.ts';
import { writeWhole } from './files.ts';

/** Where persistent domains are kept. */
export const CONFIG_PATH = '/etc/libvirt/qemu';

/** Random, version 4 (RFC 9562, section 5.4), from the host's own source. */
export function* newUuid(): Sys<string> {
  const fd = yield* sys.open('/dev/urandom', O_RDONLY);
  let bytes: Uint8Array;
  try {
    bytes = yield* sys.read(fd, 16);
  } finally {
    yield* sys.close(fd);
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
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
