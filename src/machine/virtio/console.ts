/** The console device (virtio 1.2, 5.3) with one port, its size, and emergency writes. */
import type { Nanos } from '../../base/index.ts';
import type { DeviceState, VirtioDevice, VirtioLink } from './device.ts';

/** The time from a notification to the bytes at the other side, and what each byte adds: a long buffer is not free. */
export const CONSOLE_LATENCY: Nanos = 2_000;
const BYTE_TIME: Nanos = 10;

const RECEIVE = 0;
const TRANSMIT = 1;
/** Feature bits (5.3.3); multiple ports are not offered. */
const F_SIZE = 1n << 0n;
const F_EMERG_WRITE = 1n << 2n;
/** The offset of emerg_wr (5.3.4). */
const EMERGENCY_WRITE = 8;
const CHUNK = 4096;

export class ConsoleDevice implements VirtioDevice {
  readonly id = 3;
  readonly features = F_SIZE | F_EMERG_WRITE;
  readonly queueSizes = [64, 64];
  readonly #output: (bytes: Uint8Array) => void;
  #columns: number;
  #rows: number;
  #link: VirtioLink | null = null;
  /** Bytes from the terminal that the driver has offered no buffer for yet. */
  #input: number[] = [];
  #sendingUntil: Nanos = 0;

  /** `output` gets what the guest writes. */
  constructor(output: (bytes: Uint8Array) => void, columns = 80, rows = 25) {
    this.#output = output;
    this.#columns = columns;
    this.#rows = rows;
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  /** 5.3.4: cols, rows, max_nr_ports (not valid without F_MULTIPORT), emerg_wr. */
  config(): Uint8Array {
    const config = new Uint8Array(12);
    const view = new DataView(config.buffer);
    view.setUint16(0, this.#columns, true);
    view.setUint16(2, this.#rows, true);
    return config;
  }

  /** 5.3.4: one byte that goes out without any queue, even before the driver is set up. */
  writeConfig(offset: number, _width: number, value: number): void {
    if (offset === EMERGENCY_WRITE) this.#output(Uint8Array.of(value & 0xff));
  }

  /** The terminal has another size. */
  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#link?.configChanged();
  }

  /** Bytes typed at the terminal. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#input.push(byte);
    this.#link?.after(CONSOLE_LATENCY, () => this.#deliver());
  }

  /** What has been typed and not been read stays typed. */
  reset(): void {
    this.#sendingUntil = 0;
  }

  save(): DeviceState {
    return { columns: this.#columns, rows: this.#rows, input: [...this.#input] };
  }

  restore(state: DeviceState): void {
    this.#columns = state['columns'] as number;
    this.#rows = state['rows'] as number;
    this.#input = [...(state['input'] as readonly number[])];
  }

  notify(queue: number): void {
    const link = this.#link!;
    if (queue === RECEIVE) {
      this.#deliver();
      return;
    }
    for (let chain = link.pop(TRANSMIT); chain; chain = link.pop(TRANSMIT)) {
      const taken = chain;
      // One buffer after the other, so that no short one overtakes a long one.
      this.#sendingUntil = Math.max(this.#sendingUntil, link.now) + BYTE_TIME * chain.readable.length;
      link.after(CONSOLE_LATENCY + this.#sendingUntil - link.now, () => {
        const { readable } = taken;
        for (let at = 0; at < readable.length; at += CHUNK) this.#output(readable.read(at, CHUNK));
        link.push(TRANSMIT, taken, 0);
      });
    }
  }

  #deliver(): void {
    const link = this.#link!;
    while (this.#input.length > 0) {
      const chain = link.pop(RECEIVE);
      if (!chain) return;
      const written = chain.writable.write(0, Uint8Array.from(this.#input.slice(0, chain.writable.length)));
      this.#input.splice(0, written);
      link.push(RECEIVE, chain, written);
    }
  }
}
