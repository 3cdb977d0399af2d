/**
 * /dev/trace: what has happened on this host, in its VMs and in their devices, as the world's trace has it: an event is a line of JSON. Reading
 * goes on from where it was, to what has happened by now; TRACE_SEEK goes to the first event at or after a time. The place of Linux' tracefs.
 */
import { encodeUtf8, type Nanos, OsError, type Trace, type TraceEvent } from '../base/index.ts';
import { LIBVIRT_GROUP } from '../libvirt/index.ts';
import { type Driver, type Location, OpenFile, type Task } from '../linux/index.ts';

export class TraceDriver implements Driver {
  readonly node = 'trace';
  /** A number of the range for local and experimental use (the kernel's devices.txt). */
  readonly device = { major: 240, minor: 0 };
  readonly mode = 0o440;
  readonly gid = LIBVIRT_GROUP;
  readonly #trace: Trace;
  readonly #host: string;
  /** Names that this host's VMs have had, up to event `#known`. */
  readonly #vms = new Set<string>();
  #known = 0;

  constructor(trace: Trace, host: string) {
    this.#trace = trace;
    this.#host = host;
  }

  open(location: Location, flags: number): OpenFile {
    return new TraceFile(this, location, flags);
  }

  /** The events are the world's own state. */
  dump(): unknown {
    return null;
  }

  /** This host's events from number `from` on, and the number after the last. */
  since(from: number): { readonly events: readonly TraceEvent[]; readonly next: number } {
    const next = this.#trace.length;
    for (const { subject, detail } of this.#trace.since(this.#known, 'kvm.create'))
      if (subject === this.#host) this.#vms.add(detail.vm);
    this.#known = next;
    const events = this.#trace.since(from).filter(({ subject }) => this.#isOwn(subject));
    return { events, next };
  }

  /** The number of the first event at or after `time`. */
  at(time: Nanos): number {
    return this.#trace.firstAt(time);
  }

  /** The host itself, one of its VMs, or a VM's device. */
  #isOwn(subject: string): boolean {
    return subject === this.#host || this.#vms.has(subject.split('/', 1)[0]!);
  }
}

class TraceFile extends OpenFile {
  readonly #driver: TraceDriver;
  readonly #location: Location;
  #next = 0;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(driver: TraceDriver, location: Location, flags: number) {
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

  read(_task: Task, count: number): Uint8Array {
    if (this.#rest.length === 0) {
      const { events, next } = this.#driver.since(this.#next);
      this.#next = next;
      this.#rest = encodeUtf8(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    }
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return part;
  }

  write(): never {
    throw new OsError('EINVAL');
  }

  override ioctl(_task: Task, request: string, argument: unknown): unknown {
    if (request !== 'TRACE_SEEK') throw new OsError('ENOTTY');
    this.#next = this.#driver.at(argument as Nanos);
    this.#rest = new Uint8Array(0);
    return null;
  }
}
