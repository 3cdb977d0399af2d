/** The target's side of a live migration: it listens for the one connection, takes what comes into a machine that is off, and answers. */
import { concatBytes, encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import type { BootImage } from '../../../hypervisor/index.ts';
import { type Fd, type PollRequest, type Sys, sys } from '../../../linux/index.ts';
import { flushDisks, keepPages, writeChunk, writePage } from '../../kvm/migrating.ts';
import { restoreVm } from '../../kvm/requests.ts';
import type { MigrationStatus } from './report.ts';
import { REFUSED, Records, ROUND_THERE, type StreamHead, type StreamRecord, TAKEN_OVER } from './stream.ts';

const PIECE = 65_536;

export class Incoming {
  readonly #vm: Fd;
  readonly #image: BootImage;
  /** Of the machine that is here. */
  readonly #memory: number;
  readonly #records = new Records();
  #fd: Fd;
  #connected = false;
  #status: MigrationStatus = 'setup';
  #desc = '';
  #head: StreamHead | null = null;

  private constructor(vm: Fd, image: BootImage, memory: number, listener: Fd) {
    this.#vm = vm;
    this.#image = image;
    this.#memory = memory;
    this.#fd = listener;
  }

  /** Throws OsError. */
  static *listen(vm: Fd, image: BootImage, memory: number, port: number): Sys<Incoming> {
    const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
    yield* sys.setsockopt(fd, 'SO_REUSEADDR', 1);
    yield* sys.bind(fd, { family: 'inet', address: 0, port });
    yield* sys.listen(fd, 1);
    return new Incoming(vm, image, memory, fd);
  }

  get status(): MigrationStatus {
    return this.#status;
  }

  get desc(): string {
    return this.#desc;
  }

  get over(): boolean {
    return this.#status === 'completed' || this.#status === 'failed';
  }

  get waitsFor(): PollRequest | null {
    return this.over ? null : { fd: this.#fd, events: 'in' };
  }

  *ready(): Sys<void> {
    if (!this.#connected) {
      const listener = this.#fd;
      this.#fd = yield* sys.accept(listener);
      this.#connected = true;
      this.#status = 'active';
      yield* sys.close(listener);
      return;
    }
    try {
      const bytes = yield* sys.read(this.#fd, PIECE);
      if (bytes.length === 0) return yield* this.#end('failed', 'the source has closed the connection');
      for (const record of this.#records.take(bytes)) if (!this.over) yield* this.#take(record);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* this.#refuse(error.message);
    }
  }

  *#take(record: StreamRecord): Sys<void> {
    if (this.#head === null && record.type !== 'head')
      return yield* this.#refuse('load of migration failed: no head');
    switch (record.type) {
      case 'head':
        this.#head = record.head;
        if (record.head.memory !== this.#memory)
          yield* this.#refuse(
            `Size mismatch: riscv_virt_board.ram: 0x${record.head.memory.toString(16)} != 0x${this.#memory.toString(16)}: ${strerror('EINVAL')}`,
          );
        return;
      case 'page':
        return yield* writePage(this.#vm, record.frame, record.bytes);
      case 'chunk':
        return yield* writeChunk(this.#vm, record.disk, record.chunk, record.bytes);
      case 'round':
        return yield* this.#answer(Uint8Array.of(ROUND_THERE));
      case 'state': {
        const { machine, frames } = record.state;
        yield* keepPages(this.#vm, frames);
        const state = { memory: this.#head!.memory, machine, pages: new Map() };
        yield* restoreVm(this.#vm, state, this.#image);
        yield* flushDisks(this.#vm);
        yield* this.#answer(Uint8Array.of(TAKEN_OVER));
        yield* this.#end('completed', '');
      }
    }
  }

  *#refuse(why: string): Sys<void> {
    yield* this.#answer(concatBytes([Uint8Array.of(REFUSED), encodeUtf8(why)]));
    yield* this.#end('failed', why);
  }

  /** The source may have gone: it goes on there then. */
  *#answer(bytes: Uint8Array): Sys<void> {
    try {
      yield* sys.write(this.#fd, bytes);
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
  }

  *#end(status: MigrationStatus, desc: string): Sys<void> {
    this.#status = status;
    this.#desc = desc;
    yield* sys.close(this.#fd);
  }
}
