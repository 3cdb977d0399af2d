/** A case played on a real hypervisor: who has what before and after each call of `createVm`. */
import {
  type CallResult,
  CodeFailure,
  decodeUtf8,
  OsError,
  type Sandbox,
} from '../../../src/exercise/index.ts';
import {
  type BootImage,
  type CreateVm,
  CreationHost,
  Hypervisor,
  type ImageStore,
  MemoryImages,
  MemoryStore,
  ownCreate,
  PhysicalMemory,
  type StepName,
  VirtualSwitch,
  type Vm,
  type VmSpec,
} from '../../../src/exercise/virtualization.ts';
import { hostFunctions } from './binding.ts';
import { type Act, type Case, DAMAGED, type Fault, GOOD_IMAGES } from './cases.ts';

/** What has been taken for one name. */
export interface Parts {
  readonly name: string;
  readonly frames: { readonly guest: number; readonly table: number };
  readonly memory: { readonly first: number; readonly bytes: number } | null;
  /** Frame of the root. */
  readonly tables: number | null;
  readonly overlay: string | null;
  readonly mac: string | null;
  readonly devices: boolean;
  readonly vcpus: readonly (readonly [number, { readonly pc: number } | null])[];
  /** Null while it is not a VM yet. */
  readonly running: boolean | null;
}

/** Who has what, as CreationHost keeps it. */
export interface Accounts {
  /** Frames. */
  readonly free: number;
  readonly parts: readonly Parts[];
  /** Name of each overlay, with the image below it. */
  readonly overlays: readonly (readonly [string, string])[];
  readonly ports: readonly string[];
  readonly vms: readonly string[];
}

/** What one call of the learner's createVm came to. */
export interface Attempt {
  readonly spec: VmSpec;
  readonly before: Accounts;
  readonly after: Accounts;
  /** Null when the VM was made. */
  readonly failure: {
    /** Null for an error without one, and for a createVm that returned. */
    readonly code: string | null;
    readonly message: string;
    /** It threw nothing, but left no whole VM. */
    readonly returned: boolean;
  } | null;
  readonly fault: Fault | null;
  /** The step that was made to fail, when it was reached. */
  readonly failed: StepName | null;
  readonly call: CallResult;
  readonly vm: Vm | null;
}

/** A qcow2 header of a version that there is not, and nothing after it. */
const DAMAGED_BYTES = Uint8Array.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9]);
const IMAGE_BYTES = 16 * 512;

/** Images in memory, and which image lies below which overlay. */
class Images implements ImageStore {
  readonly #store: MemoryImages;
  readonly below = new Map<string, string>();

  constructor() {
    const good = GOOD_IMAGES.map((name, i) => [
      name,
      MemoryStore.of(new Uint8Array(IMAGE_BYTES).fill(i + 1)),
    ]);
    this.#store = new MemoryImages({
      ...Object.fromEntries(good),
      [DAMAGED]: MemoryStore.of(DAMAGED_BYTES),
    });
  }

  get images() {
    return this.#store.images;
  }

  get overlays() {
    return this.#store.overlays;
  }

  create(image: string, overlay: string): void {
    this.#store.create(image, overlay);
    this.below.set(overlay, image);
  }

  open(overlay: string) {
    return this.#store.open(overlay);
  }

  remove(overlay: string): void {
    this.#store.remove(overlay);
    this.below.delete(overlay);
  }
}

/**
 * A firmware of a few instructions, for which small VMs have room: it prints a letter and switches the machine off, by the calls
 * console_putchar and SRST of the supervisor's binary interface (RISC-V SBI, "Legacy Extensions" and "System Reset Extension").
 */
const FIRMWARE_BASE = 0x8000_1000;
const FIRMWARE_WORDS = [
  0x0010_0893, // li a7, 1
  0x0460_0513, // li a0, 'F'
  0x0000_0073, // ecall
  0x5352_58b7, // lui a7, 0x53525
  0x3548_8893, // addi a7, a7, 0x354
  0x0000_0813, // li a6, 0
  0x0000_0513, // li a0, 0
  0x0000_0593, // li a1, 0
  0x0000_0073, // ecall
];
const FIRMWARE: BootImage = {
  segments: [{ address: FIRMWARE_BASE, bytes: new Uint8Array(Uint32Array.from(FIRMWARE_WORDS).buffer) }],
  entry: FIRMWARE_BASE,
};

const nothing = () => {};

/** A host, and the learner's code that makes its VMs. */
export class Stage {
  readonly #hypervisor: Hypervisor;
  readonly #host: CreationHost;
  readonly #images = new Images();
  readonly #code: Sandbox;
  readonly #made = new Map<string, Vm>();
  #createVm: CreateVm = ownCreate;
  #console = '';
  #beforeStep: (step: StepName) => void = nothing;

  /** `memory` is the host's, of which nobody else has anything. */
  constructor(
    code: Sandbox,
    { memory: size, cpus: harts, cpuRatio }: Case,
    memory = new PhysicalMemory({ size, harts }),
  ) {
    this.#code = code;
    this.#hypervisor = new Hypervisor({ memory });
    this.#host = new CreationHost({
      hypervisor: this.#hypervisor,
      images: this.#images,
      network: new VirtualSwitch({ name: 'br0' }),
      firmware: FIRMWARE,
      cpuRatio,
      createVm: (spec, steps) => this.#createVm(spec, steps),
      beforeStep: (step) => this.#beforeStep(step),
      output: (_, bytes) => {
        this.#console += decodeUtf8(bytes);
      },
    });
  }

  get accounts(): Accounts {
    const accounts = this.#host.accounts as Omit<Accounts, 'overlays'>;
    return { ...accounts, overlays: [...this.#images.below] };
  }

  get firmwareEntry(): number {
    return this.#host.summary.firmwareEntry;
  }

  /** Starts a VM and lets the host run for so many virtual nanoseconds; returns what its console shows. */
  start(name: string, duration: number): string {
    const vm = this.#made.get(name);
    if (vm === undefined) throw new RangeError(`no VM ${name}`);
    this.#console = '';
    this.#host.start(vm);
    this.#hypervisor.run({ until: this.#hypervisor.now + duration });
    return this.#console;
  }

  /** Throws CodeFailure when there is nothing to judge: no function, a limit of the sandbox. */
  play(act: Act): Attempt | null {
    switch (act.act) {
      case 'given':
        this.#createVm = ownCreate;
        this.#made.set(act.spec.name, this.#host.create(act.spec));
        return null;
      case 'underway':
        this.#begin(act.name, act.memory);
        return null;
      case 'remove': {
        const vm = this.#made.get(act.name);
        if (vm !== undefined) this.#host.remove(vm);
        this.#made.delete(act.name);
        return null;
      }
      case 'create':
        return this.#attempt(act);
    }
  }

  /** Somebody takes a name and memory, and is not heard of until the case ends. */
  #begin(name: string, memory: number): void {
    const stopped = new OsError('EINTR');
    const taking: CreateVm = (_, steps) => {
      steps.takeName(name);
      steps.takeMemory(name, memory);
      throw stopped;
    };
    this.#createVm = taking;
    try {
      this.#host.create({ name, memory, vcpus: 1, image: GOOD_IMAGES[0], mac: null });
    } catch (error) {
      if (error !== stopped) throw error;
    }
  }

  #attempt({ spec, fault }: Extract<Act, { act: 'create' }>): Attempt {
    const before = this.accounts;
    let failed: StepName | null = null;
    let count = 0;
    const failing = (step: StepName) => {
      if (fault === undefined || (step !== fault.step && count++ !== fault.step)) return;
      failed = step;
      throw new OsError(fault.code, `${step} failed`);
    };
    this.#beforeStep = failing;
    let call: CallResult | null = null;
    const calling: CreateVm = (_, steps) => {
      this.#code.bindHost(hostFunctions(steps));
      call = this.#code.call('createVm', [{ ...spec }]);
      if (!call.ok) throw new Error(call.error.message);
    };
    this.#createVm = calling;
    let vm: Vm | null = null;
    let left = '';
    try {
      vm = this.#host.create(spec);
      this.#made.set(spec.name, vm);
    } catch (error) {
      left = (error as Error).message.replace(/^createVm: /, '');
    }
    this.#beforeStep = nothing;
    const result = call as CallResult | null;
    if (result === null) throw new Error(`createVm was not called: ${left}`);
    if (!result.ok && result.error.kind !== 'thrown' && result.error.kind !== 'budget')
      throw new CodeFailure(result.error, 'In createVm()', result.output);
    const failure = result.ok
      ? { code: null, message: left, returned: true }
      : { code: result.error.code ?? null, message: result.error.message, returned: false };
    return {
      spec,
      fault: fault ?? null,
      before,
      after: this.accounts,
      failure: vm === null ? failure : null,
      failed,
      call: result,
      vm,
    };
  }
}
