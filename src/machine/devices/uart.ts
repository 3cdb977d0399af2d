/**
 * A 16550 serial port, as the PC16550D data sheet has it (National Semiconductor, section 8 "Registers"; its parts are named at each
 * rule). The registers are here; what waits to be read is in receiver.ts, what waits to be sent in transmitter.ts.
 */
import type { Nanos } from '../../base/index.ts';
import type { BusDevice, Width } from '../bus.ts';
import type { Timers } from '../timing.ts';
import type { InterruptWire } from './interruptWire.ts';
import { Receiver, type ReceiverState } from './receiver.ts';
import { Transmitter, type TransmitterState } from './transmitter.ts';

/** QEMU `virt`: the frequency that the divisor divides. */
export const UART_CLOCK_HZ = 3_686_400;

/** IER bits (8.7). */
const IER_RECEIVED = 1;
const IER_TRANSMITTER = 2;
const IER_LINE = 4;
const IER_MODEM = 8;
/** LCR bits (8.1). */
const LCR_DLAB = 0x80;
/** MCR bits (8.8). */
const MCR_LOOP = 0x10;
/** LSR bits (8.4). */
const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_THRE = 0x20;
const LSR_TEMT = 0x40;
/** MSR: carrier, data set ready and clear to send are on, as at a terminal that is always there. */
const MSR_IDLE = 0xb0;
/** IIR values (8.6, table IV), highest priority first, and the two bits that say "FIFOs enabled". */
const IIR_LINE = 0x6;
const IIR_RECEIVED = 0x4;
const IIR_TIMEOUT = 0xc;
const IIR_TRANSMITTER = 0x2;
const IIR_MODEM = 0x0;
const IIR_NONE = 0x1;
const IIR_FIFOS = 0xc0;

/** The data sheet gives the divisor latch no value at a reset; this is QEMU's, 19200 bits a second. */
const RESET_DIVISOR = 12;

export interface UartConfig {
  readonly name: string;
  readonly base: number;
  readonly wire: InterruptWire;
  readonly timers: Timers;
  /** Gets every byte that the port sends, when its last bit has left. */
  readonly output: (byte: number) => void;
  /** Time that a character takes on the wire; null: as the divisor and the line control register say. */
  readonly characterTime: Nanos | null;
}

/** What {@link Uart.save} gives: plain JSON, registers named as in the data sheet. */
export interface UartState {
  readonly ier: number;
  readonly lcr: number;
  readonly mcr: number;
  readonly scratch: number;
  readonly divisor: number;
  readonly fifos: boolean;
  readonly overrun: boolean;
  readonly modemDelta: number;
  readonly transmitterEvent: boolean;
  readonly receiver: ReceiverState;
  readonly transmitter: TransmitterState;
}

export class Uart implements BusDevice {
  readonly name: string;
  readonly base: number;
  readonly size = 0x100;
  readonly #config: UartConfig;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  #ier = 0;
  #lcr = 0;
  #mcr = 0;
  #scratch = 0;
  #divisor = RESET_DIVISOR;
  #fifos = false;
  #overrun = false;
  /** The low four bits of MSR: which inputs changed since it was read (8.9). */
  #modemDelta = 0;
  /** "THR empty" is an event: it goes when IIR showed it or THR is written, and comes back when THR empties again (8.6). */
  #transmitterEvent = false;

  constructor(config: UartConfig) {
    this.name = config.name;
    this.base = config.base;
    this.#config = config;
    const characterTime = () => this.#characterTime();
    this.#receiver = new Receiver(config.timers, characterTime, () => this.#update());
    this.#transmitter = new Transmitter(config.timers, characterTime, {
      sent: (byte) => this.#sent(byte),
      emptied: () => {
        this.#transmitterEvent = true;
        this.#update();
      },
    });
  }

  /** Bytes arrive at the port, one a character time. The sender waits while the receiver is full, as if by flow control. */
  receive(bytes: Uint8Array): void {
    this.#receiver.arrive(bytes);
  }

  /** Master reset (table III "Reset Configuration"); what has not arrived yet is kept. */
  reset(): void {
    this.#ier = 0;
    this.#lcr = 0;
    this.#mcr = 0;
    this.#scratch = 0;
    this.#divisor = RESET_DIVISOR;
    this.#modemDelta = 0;
    this.#setFifos(false, 1);
    this.#receiver.clear();
    this.#transmitter.reset();
    this.#overrun = false;
    this.#transmitterEvent = false;
    this.#receiver.connected = true;
    this.#update();
  }

  save(): UartState {
    return {
      ier: this.#ier,
      lcr: this.#lcr,
      mcr: this.#mcr,
      scratch: this.#scratch,
      divisor: this.#divisor,
      fifos: this.#fifos,
      overrun: this.#overrun,
      modemDelta: this.#modemDelta,
      transmitterEvent: this.#transmitterEvent,
      receiver: this.#receiver.save(),
      transmitter: this.#transmitter.save(),
    };
  }

  /** Goes on from a saved state, with the characters on the line at that time. */
  restore(state: UartState): void {
    this.#ier = state.ier;
    this.#lcr = state.lcr;
    this.#mcr = state.mcr;
    this.#scratch = state.scratch;
    this.#divisor = state.divisor;
    this.#fifos = state.fifos;
    this.#overrun = state.overrun;
    this.#modemDelta = state.modemDelta;
    this.#transmitterEvent = state.transmitterEvent;
    this.#receiver.restore(state.receiver);
    this.#transmitter.restore(state.transmitter);
    this.#update();
  }

  load(offset: number, _width: Width): number | null {
    switch (offset) {
      case 0:
        return this.#lcr & LCR_DLAB ? this.#divisor & 0xff : this.#readReceived();
      case 1:
        return this.#lcr & LCR_DLAB ? this.#divisor >> 8 : this.#ier;
      case 2:
        return this.#readIdentification();
      case 3:
        return this.#lcr;
      case 4:
        return this.#mcr;
      case 5:
        return this.#readLineStatus();
      case 6:
        return this.#readModemStatus();
      case 7:
        return this.#scratch;
      default:
        return null;
    }
  }

  /** A wider access is a byte's: the data bus has eight lines. */
  store(offset: number, _width: Width, value: number): boolean {
    const byte = value & 0xff;
    if (offset > 7) return false;
    if (offset === 0 && this.#lcr & LCR_DLAB) this.#divisor = (this.#divisor & 0xff00) | byte;
    else if (offset === 1 && this.#lcr & LCR_DLAB) this.#divisor = (byte << 8) | (this.#divisor & 0xff);
    else if (offset === 0) this.#writeTransmit(byte);
    else if (offset === 1) this.#writeEnable(byte);
    else if (offset === 2) this.#writeFifoControl(byte);
    else if (offset === 3) this.#lcr = byte;
    else if (offset === 4) this.#writeModemControl(byte);
    else if (offset === 7) this.#scratch = byte;
    this.#update();
    return true;
  }

  #readReceived(): number {
    const byte = this.#receiver.read();
    this.#update();
    return byte;
  }

  /** Reading IIR takes back the "THR empty" interrupt if that is what it shows (table IV). */
  #readIdentification(): number {
    const identification = this.#identification();
    if (identification === IIR_TRANSMITTER) {
      this.#transmitterEvent = false;
      this.#update();
    }
    return identification | (this.#fifos ? IIR_FIFOS : 0);
  }

  /** Reading LSR clears the error bits (8.4). */
  #readLineStatus(): number {
    const status =
      (this.#receiver.ready ? LSR_DATA_READY : 0) |
      (this.#overrun ? LSR_OVERRUN : 0) |
      (this.#transmitter.holdingEmpty ? LSR_THRE : 0) |
      (this.#transmitter.idle ? LSR_TEMT : 0);
    this.#overrun = false;
    this.#update();
    return status;
  }

  /** Reading MSR clears the delta bits (8.9). */
  #readModemStatus(): number {
    const status = this.#modemInputs() | this.#modemDelta;
    this.#modemDelta = 0;
    this.#update();
    return status;
  }

  #writeTransmit(byte: number): void {
    this.#transmitterEvent = false;
    this.#transmitter.write(byte);
  }

  /** Enabling the THR-empty interrupt while THR is empty makes it pending at once (8.7). */
  #writeEnable(byte: number): void {
    const rising = byte & ~this.#ier;
    this.#ier = byte & 0xf;
    if (rising & IER_TRANSMITTER && this.#transmitter.holdingEmpty) this.#transmitterEvent = true;
  }

  /** 8.5: bits 1, 2, 6, 7 count only when bit 0 is written as 1; a change of bit 0 clears both FIFOs. */
  #writeFifoControl(byte: number): void {
    const enabled = (byte & 1) !== 0;
    if (enabled !== this.#fifos) {
      this.#receiver.clear();
      this.#transmitter.clear();
    }
    this.#setFifos(enabled, enabled ? [1, 4, 8, 14][byte >> 6]! : 1);
    if (!enabled) return;
    if (byte & 2) this.#receiver.clear();
    if (byte & 4) this.#transmitter.clear();
  }

  #setFifos(enabled: boolean, trigger: number): void {
    this.#fifos = enabled;
    this.#receiver.configure(enabled ? 16 : 1, trigger);
    this.#transmitter.capacity = enabled ? 16 : 1;
  }

  /** 8.8: in loop-back the four outputs are the four modem inputs, and the receiver hears the transmitter only. */
  #writeModemControl(byte: number): void {
    const before = this.#modemInputs();
    this.#mcr = byte & 0x1f;
    const changed = before ^ this.#modemInputs();
    this.#modemDelta |= (changed >> 4) & 0xb;
    // Trailing edge of ring indicator: its delta bit tells of a fall alone.
    if (changed & 0x40 && before & 0x40) this.#modemDelta |= 4;
    this.#receiver.connected = (this.#mcr & MCR_LOOP) === 0;
  }

  /** CTS, DSR, RI, DCD in bits 4 … 7; in loop-back RTS, DTR, OUT1, OUT2. */
  #modemInputs(): number {
    const mcr = this.#mcr;
    if (!(mcr & MCR_LOOP)) return MSR_IDLE;
    return ((mcr & 2) << 3) | ((mcr & 1) << 5) | ((mcr & 4) << 4) | ((mcr & 8) << 4);
  }

  #sent(byte: number): void {
    if (!(this.#mcr & MCR_LOOP)) this.#config.output(byte);
    else if (!this.#receiver.hear(byte)) this.#overrun = true;
    this.#update();
  }

  /** The pending interrupt of the highest priority (8.6, table IV), as IIR's low four bits. */
  #identification(): number {
    if (this.#ier & IER_LINE && this.#overrun) return IIR_LINE;
    if (this.#ier & IER_RECEIVED && this.#receiver.triggered) return IIR_RECEIVED;
    if (this.#ier & IER_RECEIVED && this.#receiver.timedOut) return IIR_TIMEOUT;
    if (this.#ier & IER_TRANSMITTER && this.#transmitterEvent) return IIR_TRANSMITTER;
    if (this.#ier & IER_MODEM && this.#modemDelta) return IIR_MODEM;
    return IIR_NONE;
  }

  #update(): void {
    this.#config.wire.set(this.#identification() !== IIR_NONE);
  }

  /** Start bit, 5 to 8 data bits, parity, 1, 1.5 or 2 stop bits (8.1), each 16 × divisor clocks long (8.2). */
  #characterTime(): Nanos {
    if (this.#config.characterTime !== null) return this.#config.characterTime;
    const dataBits = 5 + (this.#lcr & 3);
    const parity = this.#lcr & 8 ? 1 : 0;
    const stopBits = !(this.#lcr & 4) ? 1 : dataBits === 5 ? 1.5 : 2;
    const clocks = (1 + dataBits + parity + stopBits) * 16 * Math.max(this.#divisor, 1);
    return Math.round((clocks * 1e9) / UART_CLOCK_HZ);
  }
}
