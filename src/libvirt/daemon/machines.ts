/** The disks of a domain that is shut off, for work on their images: held by a machine that never boots. */
import { isOsError, strerror } from '../../base/index.ts';
import { type Fd, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import { serialOf } from '../domain/config.ts';
import { createVm, KVM_PATH } from '../kvm/requests.ts';
import type { NamedConfig } from './domain.ts';
import type { OpenDisk } from './images.ts';
import { monitorError } from './monitorError.ts';

/** Descriptors, the machine's among them, go to `opened`. Throws LibvirtError or OsError. */
export function* holdDisks(config: NamedConfig, disks: readonly OpenDisk[], opened: Fd[]): Sys<Fd> {
  const kvm = yield* sys.open(KVM_PATH, O_RDONLY);
  opened.push(kvm);
  try {
    const vm = yield* createVm(kvm, {
      name: config.name,
      memory: config.memory * 1024,
      vcpus: config.vcpus,
      weight: 1,
      disks: disks.map(({ chain }, i) => ({
        chain: chain.map(({ fd, format }) => ({ fd, format })),
        readOnly: config.disks[i]!.readOnly,
        slice: config.disks[i]!.slice,
        serial: serialOf(config.disks[i]!),
      })),
      nics: [],
      balloon: false,
    });
    opened.push(vm);
    return vm;
  } catch (error) {
    if (isOsError(error, 'ENOMEM'))
      throw monitorError(`cannot set up guest memory 'riscv_virt_board.ram': ${strerror('ENOMEM')}`);
    throw error;
  }
}
