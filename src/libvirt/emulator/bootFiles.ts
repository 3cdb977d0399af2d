/** Kernel and initial RAM disk, as the emulator loads them. */
import { isOsError, strerror } from '../../base/index.ts';
import { type BootImage, firmwareImage } from '../../hypervisor/index.ts';
import { readFile, type Sys } from '../../linux/index.ts';
import { ElfError, parseElf } from '../../machine/index.ts';
import { EmulatorError, type EmulatorOptions } from './commandLine.ts';

/** Without a kernel it is the boot ROM. Throws EmulatorError. */
export function* readBootImage(options: EmulatorOptions): Sys<BootImage> {
  if (options.kernel === null) return firmwareImage({ order: options.bootSlots });
  const kernel = yield* readBootFile(options.kernel, 'kernel');
  const initialRamDisk = options.initrd === null ? null : yield* readBootFile(options.initrd, 'initrd');
  try {
    const { entry, segments } = parseElf(kernel);
    return {
      entry,
      segments: segments.map(({ address, data, memorySize }) => {
        const bytes = new Uint8Array(memorySize);
        bytes.set(data);
        return { address, bytes };
      }),
      bootArguments: options.append,
      ...(initialRamDisk !== null && { initialRamDisk }),
    };
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new EmulatorError(`could not load kernel '${options.kernel}': ${error.message}`);
  }
}

function* readBootFile(path: string, what: 'kernel' | 'initrd'): Sys<Uint8Array> {
  try {
    return yield* readFile(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new EmulatorError(`could not load ${what} '${path}': ${strerror(error.code)}`);
  }
}
