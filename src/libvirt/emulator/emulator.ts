/**
 * qemu-system-riscv32(1): one VM, as a process. It makes the machine by /dev/kvm, so that its memory and its vCPUs' time are this
 * process's, relays the serial port, and does what libvirtd asks over the monitor. With the process the machine ends.
 */
import { encodeUtf8, isOsError, OsError, strerror, unreachable } from '../../base/index.ts';
import type { BootImage } from '../../hypervisor/index.ts';
import {
  type Fd,
  O_RDWR,
  type PollReply,
  type PollRequest,
  type Program,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { announceCards } from '../kvm/migrating.ts';
import {
  balloonVm,
  bootVm,
  controlVm,
  createVm,
  KVM_PATH,
  restoreVm,
  saveVm,
  snapshotVmDisks,
  statusOf,
} from '../kvm/requests.ts';
import { readBootImage } from './bootFiles.ts';
import {
  BY_STATE_SOCKET,
  EMULATOR,
  EmulatorError,
  type EmulatorOptions,
  parseCommandLine,
} from './commandLine.ts';
import { Incoming } from './migration/incoming.ts';
import { Migration, portOf } from './migration/migration.ts';
import {
  type Command,
  type CommandName,
  type Commands,
  Lines,
  lineOf,
  type MonitorMessage,
  parseCommand,
} from './monitor.ts';
import { decodeState, encodeState } from './stateBytes.ts';

const PIECE = 65_536;
/** A machine's RAM ends below 4 GiB; its pages and what else there is are never as much. */
const STATE_MAX = 2 ** 31;
const ENDING_SIGNALS = ['TERM', 'INT', 'HUP'] as const;

class Emulator {
  readonly #options: EmulatorOptions;
  readonly #image: BootImage;
  readonly #vm: Fd;
  readonly #lines = new Lines();
  readonly #migration: Migration;
  /** The guest has powered off, or has crashed. */
  #ended = false;
  /** Nobody has the other end of the serial port any more. */
  #consoleClosed = false;

  constructor(options: EmulatorOptions, image: BootImage, vm: Fd, incoming: Incoming | null) {
    this.#options = options;
    this.#migration = new Migration(vm, options, incoming);
    this.#image = image;
    this.#vm = vm;
  }

  /** Until libvirtd goes, or a signal comes. */
  *run(): Sys<number> {
    const { monitor, console } = this.#options;
    yield* this.#say({ QMP: { version: '9.0' } });
    for (;;) {
      const requests: PollRequest[] = [
        ...(this.#ended ? [] : [this.#vm]),
        ...(this.#consoleClosed ? [] : [console]),
        monitor,
      ].map((fd) => ({ fd, events: 'in' }));
      try {
        const replies = yield* sys.poll([...requests, ...this.#migration.waitsFor], null);
        for (const reply of replies.slice(requests.length)) yield* this.#migrate(reply);
        for (const { fd, in: ready } of replies.slice(0, requests.length)) {
          if (!ready) continue;
          if (fd === this.#vm) yield* this.#print();
          else if (fd === console) yield* this.#type();
          else if (!(yield* this.#obey())) return 0;
        }
      } catch (error) {
        if (!isOsError(error, 'EINTR')) throw error;
        if ((yield* sys.takeSignals()).length === 0) continue;
        yield* this.#say({ event: 'SHUTDOWN', data: { guest: false, reason: 'host-signal' } });
        return 0;
      }
    }
  }

  *#migrate(reply: PollReply): Sys<void> {
    if (!(reply.in || reply.out || reply.hup)) return;
    const status = yield* this.#migration.ready(reply);
    if (status !== null) yield* this.#say({ event: 'MIGRATION', data: { status } });
  }

  *#say(message: MonitorMessage): Sys<void> {
    yield* writeAll(this.#options.monitor, lineOf(message));
  }

  /** What the guest has printed, or its end. What nobody reads in time is lost, as on a serial line. */
  *#print(): Sys<void> {
    const bytes = yield* sys.read(this.#vm, PIECE);
    if (bytes.length === 0) return yield* this.#end();
    if (this.#consoleClosed) return;
    try {
      yield* writeAll(this.#options.console, bytes);
    } catch (error) {
      if (!isOsError(error, 'EAGAIN', 'EPIPE')) throw error;
    }
  }

  *#end(): Sys<void> {
    this.#ended = true;
    const { stopped } = yield* statusOf(this.#vm);
    if (stopped === 'shutdown')
      yield* this.#say({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } });
    else yield* this.#say({ event: 'GUEST_PANICKED', data: { reason: `${stopped}` } });
  }

  *#type(): Sys<void> {
    const bytes = yield* sys.read(this.#options.console, PIECE);
    if (bytes.length === 0) this.#consoleClosed = true;
    try {
      yield* writeAll(this.#vm, bytes);
    } catch (error) {
      // It ended in this moment.
      if (!isOsError(error, 'EIO')) throw error;
    }
  }

  /** False when libvirtd has gone. */
  *#obey(): Sys<boolean> {
    const bytes = yield* sys.read(this.#options.monitor, PIECE);
    for (const line of this.#lines.take(bytes)) {
      const command = parseCommand(line);
      if (typeof command === 'string') {
        yield* this.#say({ error: { class: 'EINVAL', desc: command }, id: 0 });
        continue;
      }
      const { id } = command;
      let state: Uint8Array | null = null;
      try {
        if (command.execute === 'x-save') state = encodeState(yield* saveVm(this.#vm));
        const result = state === null ? yield* this.#do(command) : { length: state.length };
        yield* this.#say({ return: result, id });
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* this.#say({ error: { class: error.code, desc: error.message }, id });
        continue;
      }
      if (state !== null) yield* writeAll(this.#options.state, state);
    }
    return bytes.length > 0;
  }

  *#do(command: Command): Sys<Commands[CommandName]['gives']> {
    const vm = this.#vm;
    switch (command.execute) {
      case 'cont':
        if (this.#migration.underWay) throw new OsError('EBUSY');
        yield* controlVm(vm, 'resume');
        if (this.#migration.takeArrival()) yield* announceCards(vm);
        return {};
      case 'stop':
        yield* controlVm(vm, 'pause');
        return {};
      case 'system_reset':
        if (this.#ended) yield* bootVm(vm, this.#image, true);
        else yield* controlVm(vm, 'reset');
        this.#ended = false;
        return {};
      case 'system_powerdown':
        yield* controlVm(vm, 'power key');
        return {};
      case 'balloon':
        yield* balloonVm(vm, command.arguments.value);
        return {};
      case 'migrate': {
        const failed = yield* this.#migration.begin(command.arguments);
        if (failed) yield* this.#say({ event: 'MIGRATION', data: { status: 'failed' } });
        return {};
      }
      case 'migrate_cancel':
        if (yield* this.#migration.cancel())
          yield* this.#say({ event: 'MIGRATION', data: { status: 'cancelled' } });
        return {};
      case 'migrate-set-parameters':
        this.#migration.allow(command.arguments['downtime-limit']);
        return {};
      case 'query-migrate':
        return yield* this.#migration.report();
      case 'x-query-machine':
        return yield* statusOf(vm);
      case 'x-restore':
        yield* this.#restore(command.arguments.length);
        return {};
      case 'x-disk-snapshot':
        yield* snapshotVmDisks(vm, command.arguments);
        return {};
      case 'x-save':
        throw new OsError('EINVAL');
      default:
        return unreachable(command);
    }
  }

  *#restore(length: number): Sys<void> {
    if (
      this.#options.incoming !== BY_STATE_SOCKET ||
      !Number.isInteger(length) ||
      length < 0 ||
      length > STATE_MAX
    )
      throw new OsError('EINVAL');
    const state = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const part = yield* sys.read(this.#options.state, Math.min(PIECE, length - at));
      if (part.length === 0) throw new OsError('EPIPE');
      state.set(part, at);
      at += part.length;
    }
    yield* restoreVm(this.#vm, decodeState(state), this.#image);
  }
}

function* start(options: EmulatorOptions): Sys<Emulator> {
  const image = yield* readBootImage(options);
  const { name, memory, vcpus, weight, disks, nics, balloon } = options;
  let kvm: Fd;
  try {
    kvm = yield* sys.open(KVM_PATH, O_RDWR);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new EmulatorError(`failed to initialize kvm: ${strerror(error.code)}`);
  }
  try {
    const vm = yield* createVm(kvm, { name, memory, vcpus, weight, disks, nics, balloon });
    if (options.incoming === null) yield* bootVm(vm, image, true);
    return new Emulator(options, image, vm, yield* listen(options, image, vm));
  } catch (error) {
    if (!isOsError(error, 'ENOMEM')) throw error;
    throw new EmulatorError(`cannot set up guest memory 'riscv_virt_board.ram': ${strerror('ENOMEM')}`);
  }
}

/** Null for a machine that does not come over the network. */
function* listen({ incoming, memory }: EmulatorOptions, image: BootImage, vm: Fd): Sys<Incoming | null> {
  if (incoming === null || incoming === BY_STATE_SOCKET) return null;
  const port = portOf(incoming);
  if (port === null) throw new EmulatorError(`-incoming ${incoming}: tcp:0:PORT is here`);
  try {
    return yield* Incoming.listen(vm, image, memory, port);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new EmulatorError(`-incoming ${incoming}: Failed to bind socket: ${strerror(error.code)}`);
  }
}

export const emulator: Program = function* ({ argv }) {
  try {
    const options = parseCommandLine(argv.slice(1));
    for (const signal of ENDING_SIGNALS) yield* sys.sigaction(signal, 'catch');
    yield* sys.setnonblock(options.console, true);
    const machine = yield* start(options);
    return yield* machine.run();
  } catch (error) {
    if (!(error instanceof EmulatorError) && !isOsError(error)) throw error;
    yield* writeAll(2, encodeUtf8(`${EMULATOR}: ${error.message}\n`));
    return 1;
  }
};
