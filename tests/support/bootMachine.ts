/** A machine that boots by its ROM: bare, with disks and a network card. */
import {
  type BootChoice,
  bootableDisk,
  firmwareImage,
  guestBootRom,
  guestFirmware,
  Hypervisor,
  type PolicyFault,
  type Vm,
} from '../../src/hypervisor/index.ts';
import {
  type BlockBackend,
  BlockDevice,
  loadElf,
  NetDevice,
  PhysicalMemory,
  Platform,
  parseElf,
  type VirtioDevice,
} from '../../src/machine/index.ts';
import { GuestConsole, GuestDisk } from './guestMachine.ts';

export interface BootMachineOptions {
  /** In the virtio slots from 0 on; null is an empty slot, 'network' a card whose frames go to `transmit`. */
  readonly slots?: readonly (BlockBackend | VirtioDevice | 'network' | null)[];
  /** Slots in boot order; the ROM's own order when left out. */
  readonly order?: readonly number[];
  readonly megabytes?: number;
  readonly transmit?: (frame: Uint8Array, card: NetDevice, now: number) => void;
  /** Called between slices of instructions, with the virtual time. */
  readonly meanwhile?: (now: number, card: NetDevice) => void;
}

/** A bootable disk of the guest's. */
export function diskThatBoots(options: Parameters<typeof bootableDisk>[0] = {}): GuestDisk {
  const store = bootableDisk(options);
  return new GuestDisk(store.read(0, store.size));
}

/** MAC address of the network card. */
export const MAC: readonly number[] = [0x52, 0x54, 0, 0, 0, 5];

/** What stands in the slots, and the network card among it. */
function bootSlots(
  { slots = [], transmit = () => {} }: BootMachineOptions,
  now: () => number,
): {
  devices: (VirtioDevice | null)[];
  card: NetDevice | null;
} {
  let card: NetDevice | null = null;
  const devices = slots.map((device, i) => {
    if (device === null) return null;
    if (device !== 'network')
      return 'id' in device ? device : new BlockDevice(`virtio${i}`, device, `disk${i}`);
    card = new NetDevice('net0', Uint8Array.from(MAC), {
      transmit: (frame) => transmit(frame, card!, now()),
    });
    return card;
  });
  return { devices, card };
}

/** The bare machine, with the firmware and the boot ROM in its memory and nothing else. */
export class BootMachine extends GuestConsole {
  readonly platform: Platform;
  readonly card: NetDevice | null;
  readonly #meanwhile: BootMachineOptions['meanwhile'];

  constructor(options: BootMachineOptions = {}) {
    super();
    this.#meanwhile = options.meanwhile;
    const { devices, card } = bootSlots(options, () => this.now);
    this.card = card;
    this.platform = new Platform({
      memory: new PhysicalMemory({ size: (options.megabytes ?? 16) * 2 ** 20 }),
      serialOutput: (byte) => {
        this.output += String.fromCharCode(byte);
      },
      slots: devices,
    });
    const { memory } = this.platform;
    loadElf(parseElf(guestFirmware()), memory);
    loadElf(parseElf(guestBootRom()), memory);
    this.platform.boot(options.order ? { bootOrder: options.order } : {});
  }

  get now(): number {
    return this.platform.now;
  }

  override run(instructions: number): string {
    if (this.card) this.#meanwhile?.(this.now, this.card);
    return this.platform.run({ instructions }).reason;
  }

  override get instructions(): number {
    return this.platform.instructions;
  }

  override type(text: string): void {
    this.platform.serial.receive(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}

/** A VM without a kernel: the same ROM, with a hypervisor for firmware. */
export class BootVm extends GuestConsole {
  readonly hypervisor: Hypervisor;
  readonly vm: Vm;
  readonly card: NetDevice | null;
  readonly faults: PolicyFault[] = [];
  readonly #meanwhile: BootMachineOptions['meanwhile'];

  constructor(options: BootMachineOptions & { boot?: BootChoice } = {}) {
    super();
    this.#meanwhile = options.meanwhile;
    const { devices, card } = bootSlots(options, () => this.now);
    const { megabytes = 8, order, boot } = options;
    this.card = card;
    const memory = new PhysicalMemory({ size: 2 * megabytes * 2 ** 20 });
    this.hypervisor = new Hypervisor({ memory, onPolicyFault: (fault) => this.faults.push(fault) });
    this.vm = this.hypervisor.createVm({
      name: 'vm',
      memory: megabytes * 2 ** 20,
      vcpus: 1,
      slots: devices,
      output: (bytes) => {
        this.output += new TextDecoder('latin1').decode(bytes);
      },
      ...(boot && { boot }),
    });
    this.vm.boot(firmwareImage(order ? { order } : {}));
  }

  get now(): number {
    return this.hypervisor.now;
  }

  override run(instructions: number): string {
    if (this.card) this.#meanwhile?.(this.now, this.card);
    return this.hypervisor.run({ instructions });
  }

  override get instructions(): number {
    return this.hypervisor.instructions;
  }

  override type(text: string): void {
    this.vm.type(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}
