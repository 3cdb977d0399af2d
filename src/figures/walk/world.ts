/**
 * The world behind the figure: a host with two VMs, of which `alice` has page tables and programs in its memory, as its guest system would
 * have built them. A hart of the machine does the access; nothing here decides where it leads.
 */
import { assert } from '../../base/index.ts';
import { type FrameAllocator, Hypervisor, type Stage2, type Vm } from '../../hypervisor/index.ts';
import { assemble, Hart, PhysicalMemory } from '../../machine/index.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const V = 1;
const R = 2;
const W = 4;
const X = 8;
const U = 16;
/** Accessed and dirty, which the guest sets in advance in its own tables. */
const AD = 64 + 128;

/** Guest physical addresses in `alice`, whose RAM begins at 0x80000000. */
const GUEST = {
  kernel: 0x8000_0000,
  root: 0x8010_0000,
  programTable: 0x8010_1000,
  deviceTable: 0x8010_2000,
  code: 0x8010_3000,
  data: 0x8030_4000,
  untouched: 0x8010_5000,
  kept: 0x8010_6000,
  missingTable: 0x8010_7000,
  uart: 0x1000_0000,
} as const;

/** Guest virtual addresses of the two places that hold the instructions of an access. */
const CODE = { program: 0x0001_0000, kernel: 0x8000_0000 } as const;
/** Where traps go that the guest handles itself. */
const GUEST_HANDLER = 0x8000_0100;

export type Access = 'load' | 'store' | 'fetch';
/** Who does it: a program (VU-mode) or the guest's kernel (VS-mode). */
export type Accessor = 'program' | 'kernel';

export interface Request {
  /** Guest virtual address, 32 bits; loads and stores take the word it lies in. */
  readonly address: number;
  readonly access: Access;
  readonly by: Accessor;
}

/** What the hart made of a request. */
export type HartAnswer =
  | { readonly kind: 'done' }
  /** A page fault that goes to the guest: scause there. */
  | { readonly kind: 'guestTrap'; readonly cause: number }
  /** A VM exit: cause, guest physical address (htval) and htinst. */
  | { readonly kind: 'exit'; readonly cause: number; readonly gpa: number; readonly instruction: number };

const INSTRUCTIONS = `
load:  lw a0, 0(a1)
store: sw a0, 0(a1)
`;

/** Exception codes: page fault of the guest's own, and of stage 2. */
const CAUSES = { fetch: [12, 20], load: [13, 21], store: [15, 23] } as const;

const entry = (address: number, bits: number) => ((address >>> 12) << 10) | bits | V;

export class WalkWorld {
  readonly memory = new PhysicalMemory({ size: 2 * MIB });
  readonly frames: FrameAllocator;
  readonly stage2: Stage2;
  readonly #hart: Hart;
  readonly #vm: Vm;
  readonly #entries: Readonly<Record<'load' | 'store', number>>;

  constructor() {
    const hypervisor = new Hypervisor({ memory: this.memory });
    const vm = (name: string) =>
      hypervisor.createVm({ name, memory: 4 * MIB, vcpus: 1, output: () => undefined });
    const alice = vm('alice');
    const mallory = vm('mallory');
    this.frames = hypervisor.frames;
    this.stage2 = alice.stage2;
    this.#vm = alice;
    const assembly = assemble(INSTRUCTIONS, { base: 0 });
    assert(assembly.ok, 'the instructions of an access do not assemble');
    const { image, symbols } = assembly.program;
    const offset = (name: string) => symbols.get(name)!.value;
    this.#entries = { load: offset('load'), store: offset('store') };
    // The host's frames go to whoever touches memory first: the two VMs take turns.
    const pages = [
      [GUEST.kernel, image.bytes],
      [GUEST.root, rootTable()],
      [GUEST.programTable, programTable()],
      [GUEST.deviceTable, words([[0, entry(GUEST.uart, R | W | U | AD)]])],
      [GUEST.code, image.bytes],
      [GUEST.data, words([[0, 42]])],
      [GUEST.kept, words([[0, 7]])],
    ] as const;
    for (const [index, [address, bytes]] of pages.entries()) {
      assert(alice.writeMemory(address, bytes), 'the host has room for both VMs');
      mallory.writeMemory(GUEST.kernel + index * PAGE, words([[0, 0x6d61_6c6c]]));
    }
    // A page whose next store the hypervisor wants to hear of, as for a snapshot or a migration.
    alice.stage2.protect(GUEST.kept / PAGE, { read: true, write: false, execute: true });
    this.#hart = this.#makeHart();
  }

  /** Page number of the guest's root table: the PPN of vsatp. */
  get guestRoot(): number {
    return GUEST.root / PAGE;
  }

  /** What a guest physical address is for: RAM, a device, nothing. */
  kindOf(gpa: number): 'RAM' | 'device' | 'nothing' {
    if (this.#vm.memory.isRam(gpa)) return 'RAM';
    return this.#vm.devices.bus.load(gpa, 1) === null ? 'nothing' : 'device';
  }

  /** The hart executes the request: one load or store in the guest, or the instruction that lies at the address. */
  perform({ address, access, by }: Request): HartAnswer {
    const hart = this.#hart;
    const [pageFault, guestPageFault] = CAUSES[access];
    let exit: HartAnswer | null = null;
    hart.hookTraps(({ cause, gpa, tinst }) => {
      // What a fetched word does when it is executed is another story.
      if (cause === guestPageFault) exit = { kind: 'exit', cause, gpa, instruction: tinst >>> 0 };
      return 'stop';
    });
    hart.writeCsr('vscause', 0);
    hart.setMode(by === 'kernel' ? 1 : 0, true);
    hart.pc = access === 'fetch' ? address - (address % 2) : CODE[by] + this.#entries[access];
    hart.writeRegister(11, address - (address % 4));
    hart.run(1);
    if (exit !== null) return exit;
    const cause = hart.readCsr('vscause');
    return cause === pageFault ? { kind: 'guestTrap', cause } : { kind: 'done' };
  }

  /** Where the hart's own translation leads; null where it faults. */
  translate({ address, access, by }: Request): number | null {
    this.#hart.setMode(by === 'kernel' ? 1 : 0, true);
    return this.#hart.translate(address, access);
  }

  /** Set up as a hypervisor does it: traps of the guest's own to the guest, stage-2 faults out of it. */
  #makeHart(): Hart {
    const hart = new Hart({ memory: this.memory });
    const registers: Record<string, number> = {
      pmpaddr0: 0xffff_ffff,
      pmpcfg0: 0x1f,
      medeleg: 0xffff_ffff,
      hedeleg: (1 << 12) | (1 << 13) | (1 << 15) | (1 << 2) | (1 << 8),
      menvcfgh: 1 << 29,
      henvcfgh: 1 << 29,
      hgatp: (2 ** 31 + this.stage2.root) >>> 0,
      vsatp: (2 ** 31 + this.guestRoot) >>> 0,
      vstvec: GUEST_HANDLER,
    };
    for (const [name, value] of Object.entries(registers)) hart.writeCsr(name, value);
    return hart;
  }
}

/** A page with these words at these indices. */
function words(list: readonly (readonly [number, number])[]): Uint8Array {
  const page = new Uint8Array(PAGE);
  const view = new DataView(page.buffer);
  for (const [index, value] of list) view.setUint32(index * 4, value, true);
  return page;
}

const rootTable = () =>
  words([
    [0, entry(GUEST.programTable, 0)],
    [GUEST.uart >>> 22, entry(GUEST.deviceTable, 0)],
    [0x4000_0000 >>> 22, entry(GUEST.missingTable, 0)],
    [GUEST.kernel >>> 22, entry(GUEST.kernel, R | W | X | AD)],
  ]);

const programTable = () =>
  words([
    [0x10, entry(GUEST.code, R | X | U | AD)],
    [0x20, entry(GUEST.data, R | W | U | AD)],
    [0x30, entry(GUEST.untouched, R | W | U | AD)],
    [0x40, entry(GUEST.kept, R | W | U | AD)],
  ]);
