/** A machine without a serial port in its device tree: the kernel lives on the firmware's console. */
import { expect, test } from 'vitest';
import { GuestMachine } from '../../support/guestMachine.ts';

/** Overwrites the compatible string of the serial port in the device tree, which lies at the end of RAM. */
function hideSerialPort({ platform: { memory } }: GuestMachine): void {
  const tail = memory.base + memory.size - 0x4000;
  const bytes = memory.read(tail, 0x4000);
  const at = new TextDecoder('latin1').decode(bytes).indexOf('ns16550a');
  expect(at).toBeGreaterThan(0);
  memory.write(
    tail + at,
    Uint8Array.from('unknown!', (c) => c.charCodeAt(0)),
  );
}

test('login, echo, backspace and Ctrl-C work by polling the firmware', () => {
  const machine = new GuestMachine();
  hideSerialPort(machine);
  const log = machine.waitFor('guest login: ');
  expect(log).toContain('console by DBCN');
  expect(log).not.toContain('uart:');
  machine.type('root\n');
  machine.waitFor('# ');
  expect(machine.command('echo typed through the firmware')).toBe('typed through the firmware\n');
  machine.type('heartbeat\n');
  machine.waitFor('heartbeat 2,');
  machine.type('\u0003');
  machine.waitFor('# ');
  expect(machine.command('uptime')).toMatch(/^up \d+\.\d\d s\n$/);
});
