/**
 * The learner's `service` as the back end of vdb: called at each doorbell of the guest. What it leaves undone is answered with an I/O
 * error and told, so that a guest never waits for a mistake.
 */
import { type LiveCode, type LiveHost, OsError } from '../../../src/exercise/index.ts';
import type {
  Service,
  ServiceImage,
  ServiceMemory,
  ServiceQueue,
} from '../../../src/exercise/virtualization.ts';
import { type HostImage, type HostMemory, hostFunctions, serviceArguments } from './binding.ts';
import { SECTOR } from './cases.ts';
import { NEXT, WRITE } from './machine.ts';
import { IOERR } from './reference.ts';

const VM = 'db';
/** vdb. */
const DISK = 1;
const NO_INTERRUPT = 1;
/** Bytes of one in the table. */
const DESCRIPTOR = 16;

/** Errors of the host's own services, which sandboxed code may meet. */
function refusing<T>(access: () => T): T {
  try {
    return access();
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code !== 'EFAULT' && code !== 'EIO' && code !== 'EROFS' && code !== 'EINVAL') throw error;
    throw error instanceof OsError ? error : new OsError(code, (error as Error).message);
  }
}

function reaches(memory: ServiceMemory, address: number, length: number): boolean {
  try {
    memory.read8(address);
    if (length > 1) memory.read8(address + length - 1);
    return true;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === undefined) throw error;
    return false;
  }
}

function hostMemory(memory: ServiceMemory): HostMemory {
  return {
    contains: (address, length) => reaches(memory, address, length),
    read: (address, length) => refusing(() => memory.read(address, length)),
    write: (address, bytes) => refusing(() => memory.write(address, bytes)),
  };
}

/** The file of this exercise does not really grow: what would lie behind its end is told, and left out. */
function hostImage(image: ServiceImage, report: (message: string) => void): HostImage {
  const cut = (sector: number, count: number) => Math.max(0, Math.min(count, image.sectors - sector));
  return {
    read(sector, count) {
      const bytes = new Uint8Array(count * SECTOR);
      const there = cut(sector, count);
      if (there > 0) bytes.set(refusing(() => image.read(sector, there)));
      return bytes;
    },
    write(sector, bytes) {
      const count = bytes.length / SECTOR;
      const there = cut(sector, count);
      if (there < count)
        report(
          `image.write: sector ${sector + count - 1} is not on the disk of ${image.sectors}; the file would have become longer`,
        );
      if (there > 0) refusing(() => image.write(sector, bytes.subarray(0, there * SECTOR)));
    },
    flush: () => refusing(() => image.flush()),
  };
}

/** Gives a chain back that the learner's code has not: an I/O error, where the guest has left room to say so. */
function fail(queue: ServiceQueue, memory: ServiceMemory, index: number): void {
  const head = memory.read16(queue.available + 4 + 2 * (index % queue.size));
  let status: number | null = null;
  let at = head;
  for (let steps = 0; steps < queue.size && at < queue.size; steps++) {
    const descriptor = queue.descriptors + DESCRIPTOR * at;
    const flags = memory.read16(descriptor + 12);
    const low = memory.read32(descriptor + 4) === 0;
    if ((flags & WRITE) !== 0 && low) status = memory.read32(descriptor) + memory.read32(descriptor + 8) - 1;
    if ((flags & NEXT) === 0) break;
    at = memory.read16(descriptor + 14);
  }
  if (status !== null && reaches(memory, status, 1)) memory.write8(status, IOERR);
  const element = queue.used + 4 + 8 * (index % queue.size);
  memory.write32(element, head);
  memory.write32(element + 4, status === null ? 0 : 1);
  memory.write16(queue.used + 2, (index + 1) & 0xffff);
}

function learnersService({ code, report, print }: LiveHost): Service {
  return (queue, memory, image) => {
    const available = memory.read16(queue.available + 2);
    const waiting = (available - queue.nextUsed) & 0xffff;
    const told = (message: string) => report(`service: ${message}`);
    const interrupt = call();
    let done = (memory.read16(queue.used + 2) - queue.nextUsed) & 0xffff;
    if (done > waiting) {
      told(`the used index became ${memory.read16(queue.used + 2)}: more chains than the driver has offered`);
      memory.write16(queue.used + 2, queue.nextUsed);
      done = 0;
    }
    if (done < waiting)
      told(`${waiting - done} of ${waiting} chains did not come back: the guest is given an I/O error`);
    for (let left = done; left < waiting; left++) fail(queue, memory, (queue.nextUsed + left) & 0xffff);
    const wanted = waiting > 0 && (memory.read16(queue.available) & NO_INTERRUPT) === 0;
    if (wanted && done === waiting && interrupt !== true)
      told(
        `gave ${JSON.stringify(interrupt)}, but the guest waits for an interrupt: it is given one all the same`,
      );
    return { nextAvailable: available, nextUsed: available, interrupt: wanted };

    /** What the function gives; null when it does not answer. */
    function call(): unknown {
      const sandbox = code();
      if (sandbox === null) {
        told('the code does not run yet: see its problems in the editor');
        return null;
      }
      sandbox.bindHost(hostFunctions(hostMemory(memory), hostImage(image, told)));
      const result = sandbox.call('service', serviceArguments(queue, image));
      for (const line of result.output) print(line);
      if (result.ok) return result.value;
      const { message, file, line } = result.error;
      told(`${message}${file === undefined ? '' : ` (${file}, line ${line})`}`);
      return null;
    }
  };
}

export const live: LiveCode = {
  services: (host) => {
    const service = learnersService(host);
    // The guest looks at its disks when it boots: until the learner comes, the host serves them itself.
    return (vm, disk) => (vm === VM && disk === DISK ? () => (host.settingUp() ? null : service) : null);
  },
};
