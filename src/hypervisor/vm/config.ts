/** What a VM is made of and with. */
import type { Trace } from '../../base/index.ts';
import type { PhysicalMemory, Timers, VirtioDevice } from '../../machine/index.ts';
import type { BootChoice } from '../firmware/handOver.ts';
import type { FrameAllocator } from '../memory/frames.ts';
import type { MemoryPressure } from '../memory/pressure.ts';
import type { Stage2 } from '../memory/stage2.ts';
import type { ReportPolicyFault, Translate } from '../policies/types.ts';
import type { VcpuSnapshot } from '../vcpu/vcpu.ts';
import type { VmDevicesState } from './devices.ts';

export interface VmConfig {
  /** Names its frames and events; one VM of a host has it. */
  readonly name: string;
  /** Bytes of RAM, a multiple of 4096; at most 2 GiB, so that they lie below 4 GiB. */
  readonly memory: number;
  readonly vcpus: number;
  /** Share of the processors against other VMs' vCPUs, 1 or more; 1 when left out. */
  readonly weight?: number;
  /** Whether all its RAM is set aside at its creation, in one run of frames, and not at first use. */
  readonly reserve?: boolean;
  /** Whether it has a memory balloon, in the slot behind the others. Not together with `reserve`. */
  readonly balloon?: boolean;
  /** What is in the virtio slots, from slot 0 on. */
  readonly slots?: readonly (VirtioDevice | null)[];
  /** Gets what the guest prints on its console: the serial port's and SBI's bytes. */
  readonly output: (bytes: Uint8Array) => void;
  /** Chooses what it starts from when it has a firmware image; the boot ROM does when it is left out. */
  readonly boot?: BootChoice;
  /** Told when it ends; after `reboot` it begins anew by itself. */
  readonly onStop?: (reason: PowerOffReason) => void;
}

/** What was taken of the host before the VM is made (creation/creationHost.ts). */
export interface VmParts {
  readonly stage2: Stage2;
  /** Of the run that is to be its RAM, set aside under its name. */
  readonly firstFrame: number;
}

/** What a VM needs of its host. */
export interface VmHost {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly timers: Timers;
  readonly trace: Trace | null;
  readonly translate: Translate;
  readonly reportFault: ReportPolicyFault;
  /** Makes all processors forget translations, after tables were changed. */
  readonly flush: () => void;
  readonly pressure: MemoryPressure;
}

export interface BootImage {
  /** Pieces of guest memory: guest physical address and bytes. */
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** Guest physical address at which vCPU 0 begins. */
  readonly entry: number;
  readonly bootArguments?: string;
  readonly initialRamDisk?: Uint8Array;
  /** Of a boot ROM: virtio slots in boot order; null leaves it to the ROM. */
  readonly firmware?: { readonly order: readonly number[] | null };
}

/** A VM at rest, without its memory, as plain JSON. */
export interface MachineState {
  /** Ticks of mtime as the guest sees them, a decimal number. */
  readonly guestTime: string;
  readonly vcpus: readonly VcpuSnapshot[];
  readonly devices: VmDevicesState;
  readonly typed: readonly number[];
}

export type PowerOffReason =
  | 'shutdown'
  | 'reboot'
  | 'failure'
  | 'destroyed'
  | 'out of memory'
  | 'policy fault'
  /** Its trap handler cannot be fetched: it would trap for ever, and never come to an instruction of its own. */
  | 'trap loop';

/** What a host cannot do for a VM, as its management says it. */
export class VmError extends Error {
  readonly code: 'noMemory' | 'badImage' | 'exists';

  constructor(code: VmError['code'], message: string) {
    super(message);
    this.name = 'VmError';
    this.code = code;
  }
}
