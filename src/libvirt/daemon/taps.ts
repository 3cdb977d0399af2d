/** The host's ends of network cables: a tap for each interface of a domain, in the bridge that it is plugged into. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Fd, O_RDWR, type Sys, sys } from '../../linux/index.ts';
import type { InterfaceConfig } from '../domain/config.ts';
import { LibvirtError } from '../errors.ts';
import { TUN_PATH } from '../kvm/tun.ts';

/** libvirt's networks: name → its bridge. */
const NETWORKS: ReadonlyMap<string, string> = new Map([['default', 'virbr0']]);

function bridgeOf({ type, source }: InterfaceConfig): string {
  if (type === 'bridge') return source;
  const bridge = NETWORKS.get(source);
  if (bridge === undefined)
    throw new LibvirtError('plain', `Network not found: no network with matching name '${source}'`);
  return bridge;
}

/** The descriptor goes to `opened`; with the last copy of it the tap goes. Throws LibvirtError. */
export function* openTap(config: InterfaceConfig, name: string, opened: Fd[]): Sys<Fd> {
  const bridge = bridgeOf(config);
  const fd = yield* sys.open(TUN_PATH, O_RDWR);
  opened.push(fd);
  try {
    yield* sys.ioctl(fd, 'TUNSETIFF', name);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new LibvirtError('plain', `Unable to create tap device ${name}: ${strerror(error.code)}`);
  }
  try {
    yield* sys.ioctl(fd, 'SIOCBRADDIF', { bridge, mac: config.mac, vlan: config.vlan });
  } catch (error) {
    if (!isOsError(error)) throw error;
    const what =
      error.code === 'ENODEV'
        ? `Cannot get interface MTU on '${bridge}'`
        : `Unable to add bridge ${bridge} port ${name}`;
    throw new LibvirtError('plain', `${what}: ${strerror(error.code)}`);
  }
  return fd;
}
