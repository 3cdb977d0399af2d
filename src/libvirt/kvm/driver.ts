/** /dev/kvm of a host: the processors and the memory it lends to guests, and the VMs that processes have made there. */
import { type EventQueue, OsError, sha256Hex, type Trace } from '../../base/index.ts';
import { FRAME_BYTES, Hypervisor } from '../../hypervisor/index.ts';
import { type Driver, type Location, OpenFile, type Task } from '../../linux/index.ts';
import { PhysicalMemory } from '../../machine/index.ts';
import '../events.ts';
import type { DiskServices } from './blockDevice.ts';
import type { BootPolicies } from './bootChoice.ts';
import type { HostPolicies } from './policies.ts';
import type { KvmCapacity, KvmVmConfig } from './requests.ts';
import { VmFile } from './vmFile.ts';

export interface KvmOptions {
  readonly host: string;
  readonly events: EventQueue;
  readonly trace: Trace;
  /** Bytes of memory for guests and their stage-2 tables. */
  readonly memory: number;
  /** Processors that run guests. */
  readonly cpus: number;
  /** Whether each VM exit and device request goes to the trace. */
  readonly traceExits: boolean;
  /** Whether what guests print goes there. */
  readonly traceConsole?: boolean;
  /** Back ends of disks in place of the hypervisor's own. */
  readonly services?: DiskServices | undefined;
  readonly boots?: BootPolicies | undefined;
  readonly policies?: HostPolicies | undefined;
}

/** As KVM's GSI limits: what the virtio slots hold. */
const SLOTS_MAX = 8;
const VCPUS_MAX = 8;
/** The group kvm. */
export const KVM_GROUP = 106;

/** Frames that a VM may come to need: its pages, a second-level table for each 4 MiB, its root with what aligning that may cost. */
function framesFor(memory: number): number {
  return memory / FRAME_BYTES + Math.ceil(memory / (4 * 2 ** 20)) + 1 + 4 + 3;
}

export class KvmDriver implements Driver {
  readonly node = 'kvm';
  readonly device = { major: 10, minor: 232 };
  readonly mode = 0o660;
  readonly gid = KVM_GROUP;
  readonly #options: KvmOptions;
  readonly #hypervisor: Hypervisor;
  readonly #vms = new Set<VmFile>();

  constructor(options: KvmOptions) {
    this.#options = options;
    const { events: queue, memory: size, cpus: harts, traceExits } = options;
    const trace = traceExits ? options.trace : null;
    // Translatable for guests that compute: most here run for moments, and never get as far as a page that is hot.
    const memory = new PhysicalMemory({ size, harts, translatable: true });
    const { translate, pickVcpu, onFault, onChange } = options.policies ?? {};
    this.#hypervisor = new Hypervisor({
      memory,
      queue,
      embedded: true,
      trace,
      traceExits,
      ...(translate && { translate }),
      ...(pickVcpu && { pickVcpu }),
      ...(onFault && { onPolicyFault: onFault }),
    });
    onChange?.(() => {
      // Whoever has a processor for ever by the old functions is to ask the new ones.
      this.#hypervisor.quiesce();
      this.#hypervisor.forgetTranslations();
      this.#hypervisor.wake();
    });
  }

  open(location: Location, flags: number): OpenFile {
    return new KvmFile(this, location, flags);
  }

  capacity(): KvmCapacity {
    const { memory, cpus } = this.#options;
    return { memory, cpus, free: this.#freeFrames() * FRAME_BYTES };
  }

  createVm(task: Task, config: KvmVmConfig): VmFile {
    const slots = config.disks.length + config.nics.length + (config.balloon ? 1 : 0);
    if (slots > SLOTS_MAX || config.vcpus < 1 || config.vcpus > VCPUS_MAX) throw new OsError('EINVAL');
    // Memory that is set aside in one run is not given back by pages.
    if (config.balloon && this.#options.policies?.translate !== undefined) throw new OsError('EOPNOTSUPP');
    // No page is promised twice: a guest never finds out in the middle of its work that the host has no more.
    if (framesFor(config.memory) > this.#freeFrames()) throw new OsError('ENOMEM');
    const {
      events,
      trace,
      host,
      traceExits,
      traceConsole = false,
      services,
      boots,
      policies,
    } = this.#options;
    const ended = (file: VmFile) => {
      this.#vms.delete(file);
      trace.emit('kvm.destroy', host, { vm: file.config.name });
    };
    const file = new VmFile(task, config, {
      hypervisor: this.#hypervisor,
      events,
      trace,
      traceExits,
      traceConsole,
      host,
      services,
      boots,
      policies,
      ended,
    });
    this.#vms.add(file);
    trace.emit('kvm.create', host, { vm: config.name, memory: config.memory, vcpus: config.vcpus });
    return file;
  }

  dump(): unknown {
    const { instructions } = this.#hypervisor;
    const vms = [...this.#vms].map((file) => {
      const ram = file.vm.memory;
      const frames = ram.backed().map((frame) => sha256Hex(ram.read(frame * FRAME_BYTES, FRAME_BYTES)));
      return [file.dump(), frames];
    });
    return { instructions, vms };
  }

  #freeFrames(): number {
    const promised = [...this.#vms].reduce((sum, { config }) => sum + framesFor(config.memory), 0);
    return this.#hypervisor.frames.total - promised;
  }
}

class KvmFile extends OpenFile {
  readonly #driver: KvmDriver;
  readonly #location: Location;

  constructor(driver: KvmDriver, location: Location, flags: number) {
    super(flags);
    this.#driver = driver;
    this.#location = location;
  }

  override get location(): Location {
    return this.#location;
  }

  get name(): string {
    return this.#location.dentry.name;
  }

  stat() {
    return this.#location.dentry.inode.stat();
  }

  /** It is all ioctl(2). */
  read(): never {
    throw new OsError('EINVAL');
  }

  write(): never {
    throw new OsError('EINVAL');
  }

  override ioctl(task: Task, request: string, argument: unknown): unknown {
    switch (request) {
      case 'KVM_CAPACITY':
        return this.#driver.capacity();
      case 'KVM_CREATE_VM': {
        const file = this.#driver.createVm(task, argument as KvmVmConfig);
        try {
          return task.fds.add(file, true);
        } catch (error) {
          file.release();
          throw error;
        }
      }
      default:
        throw new OsError('ENOTTY');
    }
  }
}
