/** The descriptor of a VM: its console, its controls, and its life. */
import {
  concatBytes,
  decodeUtf8,
  type EventQueue,
  MICROSECOND,
  OsError,
  type Trace,
} from '../../base/index.ts';
import {
  applySnapshot,
  type BootImage,
  FRAME_BYTES,
  type Hypervisor,
  type PowerOffReason,
  takeSnapshot,
  type Vm,
} from '../../hypervisor/index.ts';
import {
  anonymousStat,
  Blocked,
  type Engine,
  type InodeFile,
  OpenFile,
  type Readiness,
  type Task,
  WaitQueue,
} from '../../linux/index.ts';
import { announce } from './announcing.ts';
import { blockDevice, type DiskServices } from './blockDevice.ts';
import { type BootPolicies, bootChoice } from './bootChoice.ts';
import type { DiskBackend } from './diskBackend.ts';
import { type DiskSnapshotRequest, snapshotDisks } from './diskSnapshots.ts';
import { engineOf, residentBytes } from './engine.ts';
import { Migrating } from './migrating.ts';
import { networkCard, statsOf, tapOf } from './networkCard.ts';
import type { HostPolicies } from './policies.ts';
import type { KvmState, KvmStatus, KvmVmConfig, VmControl } from './requests.ts';
import type { TunFile } from './tun.ts';
import { backendOf, fileOf, refusing, unplugging } from './vmParts.ts';

const O_RDWR = 2;
/** Characters are handed on together, as a chip's FIFO collects them. */
const CONSOLE_DELAY = 100 * MICROSECOND;
/** What a console keeps for a slow reader; more is lost, as on a line that nobody listens to. */
const CONSOLE_MAX = 65_536;

/** What the driver lends to its VMs. */
export interface VmHome {
  readonly hypervisor: Hypervisor;
  readonly events: EventQueue;
  readonly trace: Trace;
  /** Whether what the devices do goes there. */
  readonly traceExits: boolean;
  /** Whether what the guest prints goes there. */
  readonly traceConsole: boolean;
  /** The host's name. */
  readonly host: string;
  readonly services: DiskServices | undefined;
  readonly boots: BootPolicies | undefined;
  readonly policies: HostPolicies | undefined;
  /** The VM is gone. */
  ended(file: VmFile): void;
}

export class VmFile extends OpenFile {
  readonly name: string;
  readonly config: KvmVmConfig;
  readonly vm: Vm;
  readonly #home: VmHome;
  /** The process whose machine it is, and what the machine is to it. */
  readonly #task: Task;
  readonly #engine: Engine;
  readonly #disks: readonly DiskBackend[];
  readonly #images: readonly InodeFile[];
  readonly #taps: readonly TunFile[];
  readonly #changed = new WaitQueue();
  #printed: Uint8Array[] = [];
  #printedSize = 0;
  /** What was printed and has its time still to come. */
  #sending: Uint8Array[] = [];
  #ended = false;
  /** Whether it is being brought to rest, or is there. */
  #rest: 'no' | 'coming' | 'there' = 'no';
  #image: BootImage | null = null;
  readonly #migrating: Migrating;

  /** Throws OsError and leaves nothing behind. */
  constructor(task: Task, config: KvmVmConfig, home: VmHome) {
    super(O_RDWR);
    this.name = 'anon_inode:kvm-vm';
    this.config = config;
    this.#home = home;
    this.#images = config.disks.flatMap(({ chain }) => chain.map(({ fd }) => fileOf(task, fd)));
    const { name, memory, vcpus, weight } = config;
    const trace = home.traceExits ? home.trace : null;
    this.#disks = config.disks.map((disk, i) => backendOf(task, disk, trace, `${name}/virtio${i}`));
    this.#taps = config.nics.map(({ tap }) => tapOf(task, tap));
    this.vm = unplugging(this.#taps, () =>
      home.hypervisor.createVm({
        name,
        memory,
        vcpus,
        weight,
        balloon: config.balloon,
        slots: [
          ...this.#disks.map((backend, i) =>
            blockDevice(
              { vm: name, disk: i, serial: config.disks[i]!.serial, slice: config.disks[i]!.slice },
              backend,
              trace,
              home,
            ),
          ),
          ...config.nics.map(({ mac }, i) =>
            networkCard(`${name}/virtio${config.disks.length + i}`, mac, this.#taps[i]!.tap, trace),
          ),
        ],
        // Neighbours in memory: what a policy that keeps them apart has to know.
        reserve: home.policies?.translate !== undefined,
        ...bootChoice(
          name,
          this.#disks,
          this.#taps.map(({ tap }) => tap),
          home.boots,
        ),
        output: (bytes) => this.#print(bytes),
        onStop: (reason) => this.#stopped(reason),
      }),
    );
    // The VM holds the files open, as a process would.
    for (const file of [...this.#images, ...this.#taps]) file.hold();
    this.#task = task;
    this.#migrating = new Migrating(home.hypervisor, this.vm, this.#disks);
    this.#engine = engineOf(home.hypervisor, this.vm, task, home.events.now);
    task.addEngine(this.#engine);
    home.hypervisor.frames.account(name, (frames) => task.lend(frames * FRAME_BYTES));
  }

  stat() {
    return anonymousStat();
  }

  read(_task: Task, count: number): Uint8Array | Blocked {
    if (this.#printedSize > 0) {
      const all = concatBytes(this.#printed);
      this.#printed = all.length > count ? [all.subarray(count)] : [];
      this.#printedSize = Math.max(0, all.length - count);
      return all.subarray(0, count);
    }
    if (this.#ended) return new Uint8Array(0);
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([this.#changed]);
  }

  write(_task: Task, data: Uint8Array): number {
    if (this.#ended) throw new OsError('EIO');
    this.vm.type(data);
    this.#home.hypervisor.wake();
    return data.length;
  }

  override poll(): Readiness {
    return { in: this.#printedSize > 0, out: !this.#ended, hup: this.#ended && this.#sending.length === 0 };
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#changed];
  }

  override ioctl(_task: Task, request: string, argument: unknown): unknown {
    switch (request) {
      case 'KVM_BOOT':
        this.#boot(argument as { image: BootImage; paused: boolean });
        return null;
      case 'KVM_CONTROL':
        this.#control(argument as VmControl);
        return null;
      case 'KVM_STATUS':
        return this.#status();
      case 'KVM_BALLOON':
        this.#balloon(argument as number);
        return null;
      case 'KVM_SAVE':
        return this.#save(argument as boolean);
      case 'KVM_ANNOUNCE':
        this.#announce();
        return null;
      case 'KVM_DISK_SNAPSHOT':
        this.#snapshotDisks(argument as DiskSnapshotRequest);
        return null;
      case 'KVM_RESTORE':
        this.#restore(argument as { state: KvmState; image: BootImage });
        return null;
      default:
        return this.#migrating.ioctl(request, argument);
    }
  }

  /** The last descriptor went: so does the VM. */
  override release(): void {
    this.#ended = true;
    const { hypervisor } = this.#home;
    hypervisor.destroyVm(this.vm);
    hypervisor.frames.account(this.config.name, null);
    this.#task.removeEngine(this.#engine);
    for (const file of this.#taps) file.tap.close();
    for (const file of [...this.#images, ...this.#taps]) file.letGo();
    this.#home.ended(this);
    hypervisor.wake();
  }

  /** Registers and what is mapped, for the world's hash: a look that changes nothing. */
  dump(): unknown {
    const { vm } = this;
    return {
      name: vm.name,
      stopped: vm.stopped,
      paused: vm.paused,
      exits: vm.exits,
      vcpus: vm.vcpus.map(({ state, runtime }) => ({ state, runtime })),
      disks: this.#disks.map(({ stats }) => ({ ...stats })),
      frames: [...vm.stage2.mappings()].map(([guestFrame, { frame }]) => [guestFrame, frame]),
    };
  }

  #boot({ image, paused }: { image: BootImage; paused: boolean }): void {
    if (this.vm.stopped === null) throw new OsError('EBUSY');
    // The guest's time begins now, as that of a machine switched on.
    this.vm.timeDelta -= this.vm.guestTime;
    refusing(() => this.vm.boot(image));
    if (paused) this.vm.pause();
    this.#image = image;
    this.#ended = false;
    this.#home.hypervisor.wake();
  }

  #control(action: VmControl): void {
    const { vm } = this;
    const { hypervisor } = this.#home;
    if (action === 'reset') {
      if (this.#image === null || vm.stopped !== null) throw new OsError('EINVAL');
      hypervisor.quiesce();
      const { paused } = vm;
      vm.powerOff('reboot');
      if (paused) vm.pause();
    } else if (action === 'power key') vm.pressPowerKey();
    else if (action === 'pause') vm.pause();
    else vm.resume();
    hypervisor.wake();
  }

  #balloon(bytes: number): void {
    const { vm } = this;
    if (vm.ballooning.balloon === null) throw new OsError('EOPNOTSUPP');
    if (bytes % FRAME_BYTES !== 0 || bytes <= 0 || bytes > vm.memory.size) throw new OsError('EINVAL');
    this.#home.hypervisor.setMemory(vm, bytes);
  }

  #announce(): void {
    const cards = this.#taps.map((file, i) => ({ file, mac: this.config.nics[i]!.mac }));
    announce(cards, this.#home.events, () => this.#ended);
  }

  #save(withPages: boolean): KvmState | Blocked {
    const { vm } = this;
    if (vm.stopped !== null) throw new OsError('EINVAL');
    if (this.#rest === 'there') {
      this.#rest = 'no';
      if (!withPages) return { memory: vm.memory.size, machine: vm.saveMachine(), pages: new Map() };
      const { memory, machine, pages } = takeSnapshot(vm);
      return { memory, machine, pages };
    }
    if (this.#rest === 'no') {
      this.#rest = 'coming';
      this.#home.hypervisor.bringToRest(vm, () => {
        this.#rest = 'there';
        this.#changed.wake();
      });
      // Nothing was under way: no need to wait.
      if ((this.#rest as string) === 'there') return this.#save(withPages);
    }
    return new Blocked([this.#changed]);
  }

  #snapshotDisks(request: DiskSnapshotRequest): void {
    const running = this.vm.stopped === null && !this.vm.paused;
    const looks = request.action === 'find' || request.action === 'absent';
    if (!looks && (running || this.vm.devices.busy)) throw new OsError('EBUSY');
    const writable = this.#disks.filter(({ readOnly }) => !readOnly);
    refusing(() =>
      snapshotDisks(
        writable.map(({ image }) => image),
        request,
      ),
    );
  }

  #restore({ state, image }: { state: KvmState; image: BootImage }): void {
    if (this.vm.stopped === null) throw new OsError('EBUSY');
    refusing(() => applySnapshot(this.vm, { name: this.config.name, ...state, image }));
    this.#image = image;
  }

  #status(): KvmStatus {
    return {
      stopped: this.vm.stopped,
      paused: this.vm.paused,
      vcpus: this.vm.vcpus.map(({ runtime, waiting }) => ({ runtime, waiting })),
      disks: this.#disks.map(({ stats }) => ({ ...stats })),
      capacities: this.#disks.map(({ image }) => image.size),
      nics: this.#taps.map(({ tap }) => statsOf(tap)),
      actual: this.#actual(),
      resident: residentBytes(this.#home.hypervisor, this.vm),
    };
  }

  #actual(): number | null {
    const { memory, ballooning } = this.vm;
    return ballooning.balloon === null ? null : memory.size - ballooning.balloon.actual * FRAME_BYTES;
  }

  /** The guest may be ahead of the world's clock by part of a slice: what it does is seen at its own time. */
  #later(delay: number, action: () => void): void {
    const { events, hypervisor } = this.#home;
    events.after(hypervisor.now - events.now + delay, action);
  }

  #print(bytes: Uint8Array): void {
    if (this.#sending.length === 0) this.#later(CONSOLE_DELAY, () => this.#send());
    this.#sending.push(bytes);
  }

  #send(): void {
    const { trace, traceConsole, host } = this.#home;
    const all = concatBytes(this.#sending);
    this.#sending = [];
    if (traceConsole) trace.emit('console.output', host, { vm: this.config.name, text: decodeUtf8(all) });
    const bytes = all.subarray(0, CONSOLE_MAX - this.#printedSize);
    this.#printed.push(bytes);
    this.#printedSize += bytes.length;
    this.#changed.wake();
  }

  #stopped(reason: PowerOffReason): void {
    if (reason === 'reboot' || reason === 'destroyed') return;
    this.#home.trace.emit('kvm.stop', this.#home.host, { vm: this.config.name, reason });
    this.#later(0, () => {
      this.#ended = true;
      this.#changed.wake();
    });
  }
}
