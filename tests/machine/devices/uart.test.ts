/** The serial port through its registers; rules are named as the sections of the PC16550D data sheet. */
import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../src/base/index.ts';
import { Uart } from '../../../src/machine/index.ts';
import { ProbeWire } from '../../support/machineWires.ts';

const [RBR, THR, DLL, IER, DLM, IIR, FCR, LCR, MCR, LSR, MSR, SCR] = [0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7];
/** What the tests let a character take. */
const CHARACTER = 1000;

function port(characterTime: number | null = CHARACTER) {
  const queue = new EventQueue();
  const wire = new ProbeWire();
  const sent: [byte: number, at: number][] = [];
  const output = (byte: number) => void sent.push([byte, queue.now]);
  const uart = new Uart({ name: 'uart0', base: 0x10000000, wire, timers: queue, output, characterTime });
  const wait = (nanos: number) => {
    const until = queue.now + nanos;
    while (queue.step(until));
    queue.advanceTo(until);
  };
  const read = (register: number) => uart.load(register, 1)!;
  const write = (register: number, value: number) => void uart.store(register, 1, value);
  const type = (...bytes: number[]) => uart.receive(Uint8Array.from(bytes));
  return { uart, queue, wire, sent, wait, read, write, type };
}

describe('Table III, reset', () => {
  test('the registers after master reset', () => {
    const { uart, read, write, type, wait } = port();
    for (const register of [IER, LCR, MCR, SCR]) write(register, 0x1f);
    type(1);
    wait(CHARACTER);
    uart.reset();
    expect([IER, IIR, LCR, MCR, LSR, MSR & ~0].map(read)).toEqual([0, 1, 0, 0, 0x60, 0xb0]);
  });

  test('nothing is left of what was being sent', () => {
    const { uart, sent, write, wait } = port();
    write(THR, 65);
    uart.reset();
    wait(10 * CHARACTER);
    expect(sent).toEqual([]);
  });
});

describe('8.1 Line control, 8.2 Baud generator', () => {
  test('DLAB gives the divisor latch in place of RBR, THR and IER', () => {
    const { read, write, sent, wait } = port();
    write(IER, 5);
    write(LCR, 0x83);
    write(DLL, 0x34);
    write(DLM, 0x12);
    expect([read(DLL), read(DLM), read(LCR)]).toEqual([0x34, 0x12, 0x83]);
    write(LCR, 0x03);
    expect(read(IER)).toBe(5);
    wait(10 * CHARACTER);
    expect(sent).toEqual([]);
  });

  test.each([
    ['8N1 at 115200', 2, 0x03, 86_806],
    ['5N1.5 at 9600', 24, 0x04, 781_250],
    ['8E2 at 9600', 24, 0x1f, 1_250_000],
    ['7N2 at 9600', 24, 0x06, 1_041_667],
  ])('a character of %s takes its bits’ time', (_name, divisor, lineControl, nanos) => {
    const { write, wait, sent } = port(null);
    write(LCR, 0x80);
    write(DLL, divisor);
    write(DLM, 0);
    write(LCR, lineControl);
    write(THR, 65);
    wait(2_000_000);
    expect(sent).toEqual([[65, nanos]]);
  });
});

describe('8.4 Line status', () => {
  test('DR is set while a received byte waits, and RBR gives the oldest', () => {
    const { read, type, wait } = port();
    type(65, 66);
    expect(read(LSR) & 1).toBe(0);
    wait(CHARACTER);
    expect(read(LSR) & 1).toBe(1);
    expect(read(RBR)).toBe(65);
    expect(read(LSR) & 1).toBe(0);
    expect(read(RBR)).toBe(65);
    wait(CHARACTER);
    expect(read(RBR)).toBe(66);
  });

  test('without FIFOs, THRE comes back when the byte moves to the shift register, TEMT when its last bit has left', () => {
    const { read, write, wait, sent } = port();
    write(THR, 65);
    expect(read(LSR) & 0x60).toBe(0x20);
    write(THR, 66);
    expect(read(LSR) & 0x60).toBe(0);
    wait(CHARACTER);
    expect(read(LSR) & 0x60).toBe(0x20);
    wait(CHARACTER);
    expect(read(LSR) & 0x60).toBe(0x60);
    expect(sent).toEqual([
      [65, CHARACTER],
      [66, 2 * CHARACTER],
    ]);
  });

  test('a byte written while the holding register is full takes the place of the one in it', () => {
    const { write, wait, sent } = port();
    for (const byte of [1, 2, 3]) write(THR, byte);
    wait(10 * CHARACTER);
    expect(sent.map(([byte]) => byte)).toEqual([1, 3]);
  });

  test('nothing is lost when a character takes no time, whether the guest looks at THRE or not', () => {
    const { write, queue, sent } = port(0);
    for (const byte of [1, 2, 3]) {
      write(THR, byte);
      while (queue.step(queue.now));
    }
    expect(sent.map(([byte]) => byte)).toEqual([1, 2, 3]);
  });

  test('a full FIFO loses what is written', () => {
    const { write, wait, sent } = port();
    write(FCR, 1);
    for (let i = 0; i < 19; i++) write(THR, i);
    wait(30 * CHARACTER);
    expect(sent.map(([byte]) => byte)).toEqual(Array.from({ length: 17 }, (_, i) => i));
  });

  test('with FIFOs, an overrun keeps the sixteen bytes that are there', () => {
    const { read, write, wait } = port();
    write(FCR, 1);
    write(MCR, 0x10);
    for (let i = 0; i < 17; i++) write(THR, i);
    wait(16 * CHARACTER);
    expect(read(LSR) & 3).toBe(1);
    wait(CHARACTER);
    expect(read(LSR) & 3).toBe(3);
    expect(Array.from({ length: 17 }, () => read(RBR))).toEqual([
      ...Array.from({ length: 16 }, (_, i) => i),
      0,
    ]);
  });

  test('an overrun sets OE until LSR is read, and RBR holds the last byte', () => {
    const { read, write, wait } = port();
    write(MCR, 0x10);
    write(THR, 1);
    wait(CHARACTER);
    write(THR, 2);
    wait(CHARACTER);
    expect([read(LSR) & 3, read(LSR) & 3, read(RBR)]).toEqual([3, 1, 2]);
  });
});

describe('8.5 FIFO control', () => {
  test('16 bytes wait in the FIFO; the sender holds back the others', () => {
    const { read, write, type, wait } = port();
    write(FCR, 1);
    type(...Array.from({ length: 20 }, (_, i) => i));
    wait(30 * CHARACTER);
    const bytes = Array.from({ length: 16 }, () => read(RBR));
    expect(bytes).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(read(LSR) & 1).toBe(0);
    wait(4 * CHARACTER);
    expect([read(RBR), read(RBR), read(RBR), read(RBR)]).toEqual([16, 17, 18, 19]);
  });

  test('17 bytes can be written at once: one to shift, 16 to wait', () => {
    const { write, wait, sent } = port();
    write(FCR, 1);
    for (let i = 0; i < 17; i++) write(THR, i);
    wait(20 * CHARACTER);
    expect(sent.map(([byte]) => byte)).toEqual(Array.from({ length: 17 }, (_, i) => i));
  });

  test('bit 1 clears the receiver’s FIFO, bit 2 the transmitter’s, not its shift register', () => {
    const { read, write, type, wait, sent } = port();
    write(FCR, 1);
    type(7);
    wait(CHARACTER);
    for (const byte of [1, 2, 3]) write(THR, byte);
    write(FCR, 3);
    expect(read(LSR) & 1).toBe(0);
    write(FCR, 5);
    wait(10 * CHARACTER);
    expect(sent.map(([byte]) => byte)).toEqual([1]);
  });

  test('switching FIFOs on or off clears both; IIR’s high bits say whether they are on', () => {
    const { read, write, type, wait } = port();
    type(7);
    wait(CHARACTER);
    write(FCR, 1);
    expect([read(LSR) & 1, read(IIR)]).toEqual([0, 0xc1]);
    type(8);
    wait(CHARACTER);
    write(FCR, 0);
    expect([read(LSR) & 1, read(IIR)]).toEqual([0, 0x01]);
  });

  test.each([
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ])('FCR %i: the received-data interrupt comes at %i bytes and goes below', (control, trigger) => {
    const { read, write, type, wait, wire } = port();
    write(FCR, control);
    write(IER, 1);
    type(...Array.from({ length: trigger }, (_, i) => i));
    wait((trigger - 1) * CHARACTER);
    expect(wire.level).toBe(false);
    wait(CHARACTER);
    expect([wire.level, read(IIR)]).toEqual([true, 0xc4]);
    read(RBR);
    expect([wire.level, read(IIR)]).toEqual([false, 0xc1]);
  });
});

describe('8.6 Interrupt identification, 8.7 Interrupt enable', () => {
  test('line status before received data before THR empty before modem status', () => {
    const { read, write, wait, wire } = port();
    write(MCR, 0x10);
    for (const byte of [1, 2]) {
      write(THR, byte);
      wait(CHARACTER);
    }
    write(MCR, 0x1b);
    write(IER, 0xf);
    expect(read(IIR)).toBe(0x6);
    read(LSR);
    expect(read(IIR)).toBe(0x4);
    read(RBR);
    expect(read(IIR)).toBe(0x2);
    expect([read(IIR), wire.level]).toEqual([0x0, true]);
    read(MSR);
    expect([read(IIR), wire.level]).toEqual([0x1, false]);
  });

  test('THR empty: pending when enabled while empty, reset by reading IIR, back when THR empties', () => {
    const { read, write, wait, wire } = port();
    write(IER, 2);
    expect([wire.level, read(IIR), wire.level, read(IIR)]).toEqual([true, 2, false, 1]);
    write(THR, 1);
    expect(read(IIR)).toBe(2);
    write(THR, 2);
    expect([read(IIR), wire.level]).toEqual([1, false]);
    wait(CHARACTER);
    expect([wire.level, read(IIR)]).toEqual([true, 2]);
  });

  test('an interrupt that is not enabled is not told', () => {
    const { read, type, wait, wire } = port();
    type(1);
    wait(CHARACTER);
    expect([wire.level, read(IIR)]).toEqual([false, 1]);
  });

  test('the high four bits of IER are always 0', () => {
    const { read, write } = port();
    write(IER, 0xff);
    expect(read(IER)).toBe(0x0f);
  });
});

describe('8.8 Modem control, 8.9 Modem status', () => {
  test('in loop-back what is sent is received and does not leave; outputs are inputs', () => {
    const { read, write, wait, sent } = port();
    write(MCR, 0x10);
    read(MSR);
    write(THR, 65);
    wait(CHARACTER);
    expect([read(RBR), sent]).toEqual([65, []]);
    for (const [output, input] of [
      [1, 0x20],
      [2, 0x10],
      [4, 0x40],
      [8, 0x80],
    ] as const) {
      write(MCR, 0x10 | output);
      expect(read(MSR) & 0xf0).toBe(input);
    }
  });

  test('delta bits tell what changed since MSR was read; ring indicator tells its fall only', () => {
    const { read, write } = port();
    write(MCR, 0x10);
    read(MSR);
    write(MCR, 0x1f);
    expect(read(MSR)).toBe(0xf0 | 0x0b);
    expect(read(MSR)).toBe(0xf0);
    write(MCR, 0x10);
    expect(read(MSR)).toBe(0x0f);
  });

  test('what comes from outside waits until loop-back ends', () => {
    const { read, write, type, wait } = port();
    write(MCR, 0x10);
    type(9);
    wait(5 * CHARACTER);
    expect(read(LSR) & 1).toBe(0);
    write(MCR, 0);
    wait(CHARACTER);
    expect(read(RBR)).toBe(9);
  });
});

describe('8.12 FIFO interrupt mode', () => {
  test('fewer bytes than the trigger raise the timeout interrupt after four character times; reading one takes it back', () => {
    const { read, write, type, wait, wire } = port();
    write(FCR, 0xc1);
    write(IER, 1);
    type(1, 2);
    wait(2 * CHARACTER + 4 * CHARACTER - 1);
    expect(wire.level).toBe(false);
    wait(1);
    expect([wire.level, read(IIR)]).toEqual([true, 0xcc]);
    expect([read(RBR), wire.level]).toEqual([1, false]);
    wait(4 * CHARACTER);
    expect(read(IIR)).toBe(0xcc);
  });
});

test('a wide access is a byte’s; past the eighth register there is nothing', () => {
  const { uart } = port();
  uart.store(SCR, 4, 0x12345678);
  expect([uart.load(SCR, 4), uart.load(8, 1), uart.store(8, 1, 0)]).toEqual([0x78, null, false]);
});
