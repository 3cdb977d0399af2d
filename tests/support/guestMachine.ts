/** The guest kernel with a keyboard at its console: on the bare machine, and in a virtual machine. */
import {
  guestFirmware,
  guestInitramfs,
  guestKernel,
  type Hypervisor,
  type InitramfsOptions,
  type Vm,
  type VmConfig,
} from '../../src/hypervisor/index.ts';
import {
  BlockDevice,
  loadElf,
  NetDevice,
  PhysicalMemory,
  Platform,
  parseElf,
  type VirtioDevice,
} from '../../src/machine/index.ts';

/** A disk in memory whose writes count only when they are flushed, like a real one with a cache. */
export class GuestDisk {
  /** What a power cut leaves. */
  readonly stable: Uint8Array;
  readonly #cache: Uint8Array;
  readonly readOnly: boolean;
  flushes = 0;

  constructor(bytes: Uint8Array, readOnly = false) {
    this.stable = bytes;
    this.#cache = bytes.slice();
    this.readOnly = readOnly;
  }

  get sectors(): number {
    return this.stable.length / 512;
  }

  read(sector: number, target: Uint8Array): void {
    target.set(this.#cache.subarray(sector * 512, sector * 512 + target.length));
  }

  write(sector: number, data: Uint8Array): void {
    this.#cache.set(data, sector * 512);
  }

  flush(): void {
    this.flushes++;
    this.stable.set(this.#cache);
  }
}

export interface GuestMachineOptions {
  readonly commandLine?: string;
  readonly disk?: GuestDisk;
  /** Found as vdb: what a cloud hands over on a disk. */
  readonly secondDisk?: GuestDisk;
  readonly initramfs?: InitramfsOptions;
  readonly megabytes?: number;
  /** Whether a virtual machine has a memory balloon. */
  readonly balloon?: boolean;
  /** More about a virtual machine. */
  readonly vm?: Partial<VmConfig>;
  /** Plugged in with this MAC address's last byte; the frames it sends go here. */
  readonly network?: { readonly station: number; transmit(frame: Uint8Array): void };
}

const INITRAMFS_ADDRESS = 0x80800000;

/** A guest's console with somebody at its keyboard. */
export abstract class GuestConsole {
  output = '';
  /** Output before here has been waited for. */
  #seen = 0;

  /** Runs so many instructions; why it stopped. */
  abstract run(instructions: number): string;
  /** Instructions so far. */
  abstract get instructions(): number;
  abstract type(text: string): void;

  /** Runs until the guest has said `text`; what it said since the last call, up to there. */
  waitFor(text: string, instructions = 30_000_000): string {
    const end = this.instructions + instructions;
    for (;;) {
      const at = this.output.indexOf(text, this.#seen);
      if (at >= 0) {
        const said = this.output.slice(this.#seen, at + text.length);
        this.#seen = at + text.length;
        return said.replaceAll('\r\n', '\n');
      }
      const reason = this.run(20_000);
      if (reason !== 'instructions' || this.instructions > end) {
        if (this.output.includes(text, this.#seen)) continue;
        throw new Error(`"${text}" did not come (${reason}):\n${this.output.slice(this.#seen)}`);
      }
    }
  }

  /** Logs in; the shell's prompt has come. */
  login(): void {
    this.waitFor('login: ');
    this.type('root\n');
    this.waitFor('# ');
  }

  /** Types a command and waits for the next prompt; what it printed. */
  command(line: string): string {
    this.type(`${line}\n`);
    this.waitFor(`${line}\r\n`);
    return this.waitFor('# ').replace(/[^\n]*# $/, '');
  }
}

/** The guest on the bare machine, with the firmware. */
export class GuestMachine extends GuestConsole {
  readonly platform: Platform;
  readonly net: NetDevice | null = null;

  constructor({
    commandLine = '',
    disk,
    secondDisk,
    initramfs,
    megabytes = 16,
    network,
  }: GuestMachineOptions = {}) {
    super();
    const slots: VirtioDevice[] = [];
    if (disk) slots.push(new BlockDevice('virtio0', disk, 'disk'));
    if (secondDisk) slots.push(new BlockDevice('virtio1', secondDisk, 'metadata'));
    if (network) {
      this.net = new NetDevice('eth0', Uint8Array.of(0x52, 0x54, 0, 0, 0, network.station), network);
      slots.push(this.net);
    }
    this.platform = new Platform({
      memory: new PhysicalMemory({ size: megabytes * 2 ** 20 }),
      serialOutput: (byte) => {
        this.output += String.fromCharCode(byte);
      },
      slots,
    });
    const { memory } = this.platform;
    loadElf(parseElf(guestFirmware()), memory);
    loadElf(parseElf(guestKernel()), memory);
    const archive = guestInitramfs(initramfs);
    memory.write(INITRAMFS_ADDRESS, archive);
    const initialRamDisk = { start: INITRAMFS_ADDRESS, end: INITRAMFS_ADDRESS + archive.length };
    this.platform.boot({ bootArguments: commandLine, initialRamDisk });
  }

  override run(instructions: number): string {
    return this.platform.run({ instructions }).reason;
  }

  override get instructions(): number {
    return this.platform.instructions;
  }

  override type(text: string): void {
    this.platform.serial.receive(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}

/** The guest in a virtual machine of `hypervisor`. */
export class VirtualGuest extends GuestConsole {
  readonly hypervisor: Hypervisor;
  readonly vm: Vm;

  constructor(hypervisor: Hypervisor, name: string, options: GuestMachineOptions = {}) {
    super();
    const { commandLine = '', disk, initramfs, megabytes = 8, balloon = false, vm } = options;
    this.hypervisor = hypervisor;
    this.vm = hypervisor.createVm({
      name,
      memory: megabytes * 2 ** 20,
      vcpus: 1,
      balloon,
      slots: disk ? [new BlockDevice('virtio0', disk, 'disk')] : [],
      output: (bytes) => {
        this.output += new TextDecoder('latin1').decode(bytes);
      },
      ...vm,
    });
    const { entry, segments } = parseElf(guestKernel());
    this.vm.boot({
      segments: segments.map(({ address, data }) => ({ address, bytes: data })),
      entry,
      bootArguments: commandLine,
      initialRamDisk: guestInitramfs(initramfs),
    });
  }

  override run(instructions: number): string {
    return this.hypervisor.run({ instructions });
  }

  override get instructions(): number {
    return this.hypervisor.instructions;
  }

  override type(text: string): void {
    this.vm.type(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}
