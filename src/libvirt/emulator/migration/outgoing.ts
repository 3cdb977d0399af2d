/**
 * The source's side of a live migration by pre-copy (Clark et al., "Live Migration of Virtual Machines", NSDI 2005): disks and pages are
 * sent while the guest runs, then again what it wrote meanwhile, round by round; when what is left would take no longer than the
 * guest may stand still, it is stopped, and the rest and its state follow. Until the other side has said that it has all, the guest can go
 * on here.
 */
import { decodeUtf8, isOsError, type Nanos, strerror } from '../../../base/index.ts';
import { type Fd, type PollReply, type PollRequest, type Sys, sys } from '../../../linux/index.ts';
import { CHUNK_BYTES, dirtyChunks, dirtyFrames, readChunk, readPage } from '../../kvm/migrating.ts';
import { controlVm, type KvmState, saveVm, statusOf } from '../../kvm/requests.ts';
import { type MigrationReport, type MigrationStatus, monotonic, wallClock } from './report.ts';
import { encodeRecord, isZero, ROUND_THERE, type StreamHead, TAKEN_OVER } from './stream.ts';

const PAGE = 4096;
/** Bytes on the wire for a page. */
const PAGE_RECORD = PAGE + 9;
/** How many records are written between looks at the monitor. */
const BURST = 32;
/** Registers and devices, for the estimate of how long the last part takes. */
const STATE_BYTES = 16_384;

export interface OutgoingOptions {
  readonly address: number;
  readonly port: number;
  readonly head: StreamHead;
  /** How long the guest may stand still. */
  readonly downtime: Nanos;
}

interface Chunk {
  readonly disk: number;
  readonly chunk: number;
}

/** `copied`, `waiting`: all is sent of a round, of everything, and the target has not answered yet. */
type Phase = 'connecting' | 'copying' | 'copied' | 'last' | 'waiting';

export class Outgoing {
  downtime: Nanos;
  readonly #vm: Fd;
  readonly #head: StreamHead;
  readonly #fd: Fd;
  readonly #begun: Nanos;
  #phase: Phase = 'connecting';
  #status: MigrationStatus = 'setup';
  #desc = '';
  /** Bytes that the socket has not taken yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #chunks: Chunk[] = [];
  #frames: number[] = [];
  /** Of the machine that has stopped; sent behind all pages. */
  #state: { readonly kvm: KvmState; readonly frames: readonly number[] } | null = null;
  #running = false;
  #stoppedAt: number | null = null;
  #setup: Nanos = 0;
  #ended: Nanos | null = null;
  #roundBegun: Nanos = 0;
  #sentBefore = 0;
  #sent = { ram: 0, disk: 0, normal: 0, duplicate: 0 };
  #rounds = 0;
  #rate = 0;

  private constructor(vm: Fd, fd: Fd, begun: Nanos, { head, downtime }: OutgoingOptions) {
    this.#vm = vm;
    this.#fd = fd;
    this.#begun = begun;
    this.#head = head;
    this.downtime = downtime;
  }

  /** Begins to connect. What goes wrong from here on is in its report. */
  static *begin(vm: Fd, options: OutgoingOptions): Sys<Outgoing> {
    const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
    yield* sys.setnonblock(fd, true);
    const outgoing = new Outgoing(vm, fd, yield* monotonic(), options);
    const { address, port } = options;
    try {
      yield* sys.connect(fd, { family: 'inet', address, port });
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code !== 'EINPROGRESS') yield* outgoing.#fail(`Failed to connect: ${strerror(error.code)}`);
    }
    return outgoing;
  }

  get over(): boolean {
    return this.#ended !== null;
  }

  get status(): MigrationStatus {
    return this.#status;
  }

  /** What to wait for; null when it is over. */
  get waitsFor(): PollRequest | null {
    if (this.over) return null;
    if (this.#phase === 'connecting') return { fd: this.#fd, events: 'out' };
    return { fd: this.#fd, events: this.#allSent ? 'in' : 'inout' };
  }

  /** The socket is ready. */
  *ready(reply: PollReply): Sys<void> {
    try {
      if (this.#phase === 'connecting') return yield* this.#connected();
      if (reply.in) yield* this.#hear();
      if (!this.over && reply.out) yield* this.#send();
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* this.#fail(`Unable to write to socket: ${strerror(error.code)}`);
    }
  }

  get #allSent(): boolean {
    return this.#rest.length === 0 && (this.#phase === 'copied' || this.#phase === 'waiting');
  }

  /** The guest stays, and goes on if it ran. */
  *cancel(): Sys<void> {
    if (!this.over) yield* this.#end('cancelled', '');
  }

  *report(): Sys<MigrationReport> {
    const now = this.#ended ?? (yield* monotonic());
    const { ram, disk, normal, duplicate } = this.#sent;
    const disks = this.#head.disks.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    return {
      status: this.#status,
      desc: this.#desc,
      running: this.#running,
      elapsed: now - this.#begun,
      setup: this.#setup,
      stoppedAt: this.#stoppedAt,
      ram: {
        total: this.#head.memory,
        transferred: ram,
        remaining: this.#frames.length * PAGE,
        normal,
        duplicate,
        dirtySyncCount: this.#rounds,
        dirtyPagesRate: this.#rate,
      },
      disk: { total: disks, transferred: disk, remaining: this.#chunks.length * CHUNK_BYTES },
    };
  }

  *#connected(): Sys<void> {
    const error = yield* sys.getsockopt(this.#fd, 'SO_ERROR');
    if (error !== '') return yield* this.#fail(`Failed to connect: ${strerror(error as 'ECONNREFUSED')}`);
    this.#status = 'active';
    this.#phase = 'copying';
    const now = yield* monotonic();
    this.#setup = now - this.#begun;
    this.#roundBegun = now;
    this.#rest = encodeRecord({ type: 'head', head: this.#head });
    this.#rounds = 1;
    this.#chunks = yield* this.#dirtyChunks(true);
    this.#frames = [...(yield* dirtyFrames(this.#vm, true))];
  }

  /** The other side answers, or has gone. */
  *#hear(): Sys<void> {
    const bytes = yield* sys.read(this.#fd, PAGE);
    if (bytes.length === 0) return yield* this.#fail('the target has closed the connection');
    if (bytes[0] === ROUND_THERE && this.#phase === 'copied') return yield* this.#roundOver();
    if (bytes[0] === TAKEN_OVER && this.#phase === 'waiting') return yield* this.#end('completed', '');
    yield* this.#fail(decodeUtf8(bytes.subarray(1)));
  }

  *#send(): Sys<void> {
    for (let i = 0; i < BURST; i++) {
      if (this.#rest.length === 0) {
        const next = yield* this.#next();
        if (next === null) return;
        this.#rest = next;
      }
      try {
        const count = yield* sys.write(this.#fd, this.#rest);
        this.#rest = this.#rest.subarray(count);
      } catch (error) {
        if (!isOsError(error, 'EAGAIN')) throw error;
        return;
      }
    }
  }

  /** The next record as it is now; null when there is none at this moment. */
  *#next(): Sys<Uint8Array | null> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      const bytes = yield* readChunk(this.#vm, chunk.disk, chunk.chunk);
      const record = encodeRecord({ type: 'chunk', ...chunk, bytes: isZero(bytes) ? null : bytes });
      this.#sent.disk += record.length;
      return record;
    }
    const frame = this.#frames.shift();
    if (frame !== undefined) {
      const bytes = yield* readPage(this.#vm, frame);
      const zero = isZero(bytes);
      const record = encodeRecord({ type: 'page', frame, bytes: zero ? null : bytes });
      this.#sent.ram += record.length;
      if (zero) this.#sent.duplicate++;
      else this.#sent.normal++;
      return record;
    }
    if (this.#phase === 'copying') {
      this.#phase = 'copied';
      return encodeRecord({ type: 'round' });
    }
    const state = this.#state;
    if (this.#phase !== 'last' || state === null) return null;
    this.#state = null;
    this.#phase = 'waiting';
    const { machine } = state.kvm;
    return encodeRecord({ type: 'state', state: { machine, frames: state.frames } });
  }

  *#roundOver(): Sys<void> {
    const { stopped, paused } = yield* statusOf(this.#vm);
    if (stopped !== null) return yield* this.#fail('the guest is off');
    const frames = yield* dirtyFrames(this.#vm, false);
    const chunks = yield* this.#dirtyChunks();
    const now = yield* monotonic();
    const round = now - this.#roundBegun;
    const sent = this.#sent.ram + this.#sent.disk;
    // A short round is mostly the way there and back: the bandwidth is better known from all of them.
    const bandwidth = Math.max((sent - this.#sentBefore) / round, sent / (now - this.#begun - this.#setup));
    this.#rate = Math.round((frames.length * 1e9) / round);
    this.#roundBegun = now;
    this.#sentBefore = sent;
    this.#frames = [...frames];
    this.#chunks = chunks;
    this.#rounds++;
    const left = frames.length * PAGE_RECORD + chunks.length * CHUNK_BYTES + STATE_BYTES;
    this.#phase = 'copying';
    if (paused || left / bandwidth <= this.downtime) yield* this.#stop(!paused);
  }

  /** What was written while the devices came to rest is sent too. */
  *#stop(running: boolean): Sys<void> {
    this.#stoppedAt = yield* wallClock();
    this.#running = running;
    this.#phase = 'last';
    const kvm = yield* saveVm(this.#vm, false);
    const late = yield* dirtyFrames(this.#vm, false);
    this.#frames = [...new Set([...this.#frames, ...late])].sort((a, b) => a - b);
    const key = ({ disk, chunk }: Chunk) => `${disk}/${chunk}`;
    const chunks = [...this.#chunks, ...(yield* this.#dirtyChunks())];
    this.#chunks = [...new Map(chunks.map((each) => [key(each), each])).values()];
    this.#state = { kvm, frames: yield* dirtyFrames(this.#vm, true) };
  }

  *#dirtyChunks(all = false): Sys<Chunk[]> {
    const found: Chunk[] = [];
    for (const [disk, size] of this.#head.disks.entries())
      if (size !== null)
        found.push(...(yield* dirtyChunks(this.#vm, disk, all)).map((chunk) => ({ disk, chunk })));
    return found;
  }

  *#fail(desc: string): Sys<void> {
    yield* this.#end('failed', desc);
  }

  *#end(status: MigrationStatus, desc: string): Sys<void> {
    this.#status = status;
    this.#desc = desc;
    this.#ended = yield* monotonic();
    this.#chunks = [];
    this.#frames = [];
    yield* sys.close(this.#fd);
    if (status !== 'completed' && this.#running) yield* controlVm(this.#vm, 'resume');
  }
}
