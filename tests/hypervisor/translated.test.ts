/** VMs whose code is translated to WebAssembly once it is hot: nobody can tell, but by the clock on the wall. */
import { expect, test, vi } from 'vitest';
import { decodeUtf8, EventQueue, MILLISECOND, Trace } from '../../src/base/index.ts';
import { Hypervisor } from '../../src/hypervisor/index.ts';
import { PhysicalMemory } from '../../src/machine/index.ts';
import { assembledGuest, MIB } from '../support/guestVms.ts';

/** Computes without end on 4 KiB of memory; a timer interrupts it each `ticks` and prints how far it came. */
const COMPUTING = (ticks: number) => `
  la t0, handler
  csrw stvec, t0
  li t0, 0x20
  csrw sie, t0
  call arm
  csrsi sstatus, 2
  la s0, data
again:
  li s1, 1024
  mv s2, s0
1:lw s3, 0(s2)
  slli s4, s3, 5
  xor s3, s3, s4
  add s3, s3, s1
  sw s3, 0(s2)
  add s5, s5, s3
  addi s2, s2, 4
  addi s1, s1, -1
  bnez s1, 1b
  j again
arm:
  csrr a0, time
  li t0, ${ticks}
  add a0, a0, t0
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  ret
.align 2
handler:
  andi a0, s5, 63
  addi a0, a0, 32
  li a7, 1
  ecall
  csrr a0, time
  andi a0, a0, 63
  addi a0, a0, 32
  ecall
  call arm
  sret
.align 12
data: .space 4096`;

function computing(translatable: boolean) {
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const memory = new PhysicalMemory({ size: 32 * MIB, translatable });
  const hypervisor = new Hypervisor({ memory, queue, trace, embedded: true, traceExits: true });
  const bytes: number[] = [];
  for (const [name, ticks] of [
    ['one', 1_234],
    ['two', 9_871],
  ] as const) {
    const output = (printed: Uint8Array) => void bytes.push(...printed);
    const vm = hypervisor.createVm({ name, memory: 4 * MIB, vcpus: 1, output });
    vm.boot(assembledGuest(COMPUTING(ticks)));
  }
  hypervisor.wake();
  while (queue.step(150 * MILLISECOND));
  hypervisor.quiesce();
  return {
    output: decodeUtf8(Uint8Array.from(bytes)),
    instructions: hypervisor.instructions,
    runtimes: hypervisor.vms.map((vm) => vm.vcpus.map(({ runtime }) => runtime)),
    events: trace.since(0),
    memory: memory.read(memory.base, memory.size),
  };
}

test('two VMs that compute print, exit and leave memory as they do when they are interpreted', () => {
  const modules = vi.spyOn(WebAssembly, 'Module');
  const interpreted = computing(false);
  expect(modules).toHaveBeenCalledTimes(0);
  const translated = computing(true);
  expect(modules.mock.calls.length).toBeGreaterThanOrEqual(2);
  modules.mockRestore();
  expect(Buffer.compare(translated.memory, interpreted.memory)).toBe(0);
  expect({ ...translated, memory: null }).toEqual({ ...interpreted, memory: null });
  expect(interpreted.output.length).toBeGreaterThan(1000);
});
