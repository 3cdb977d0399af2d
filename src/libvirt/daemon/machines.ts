/** Making the machine of a domain, and what is said when it does not come up: libvirt quotes the emulator. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Fd, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { DEFAULT_SHARES, serialOf } from '../domain/config.ts';
import { createVm, KVM_PATH } from '../kvm/requests.ts';
import type { NamedConfig } from './domain.ts';
import type { OpenDisk } from './images.ts';
import { monitorError } from './monitorError.ts';

/** A machine that has yet to boot; descriptors that are not needed after go to `opened`. Throws LibvirtError or OsError. */
export function* makeMachine(config: NamedConfig, disks: readonly OpenDisk[], opened: Fd[]): Sys<Fd> {
  const kvm = yield* sys.open(KVM_PATH, O_RDONLY);
  opened.push(kvm);
  try {
    return yield* createVm(kvm, {
      name: config.name,
      memory: config.memory * 1024,
      vcpus: config.vcpus,
      weight: config.shares ?? DEFAULT_SHARES,
      disks: disks.map(({ chain }, i) => ({
        chain: chain.map(({ fd, format }) => ({ fd, format })),
        readOnly: config.disks[i]!.readOnly,
        serial: serialOf(config.disks[i]!),
      })),
    });
  } catch (error) {
    if (isOsError(error, 'ENOMEM'))
      throw monitorError(`cannot set up guest memory 'riscv_virt_board.ram': ${strerror('ENOMEM')}`);
    throw error;
  }
}
