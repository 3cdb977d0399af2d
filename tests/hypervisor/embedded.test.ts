/** VMs as part of a world: the world's queue drives them, and they do what they do under a run of their own. */
import { describe, expect, test } from 'vitest';
import { type EventQueue, encodeUtf8, MILLISECOND, SECOND } from '../../src/base/index.ts';
import { type GuestHost, guestHost, MIB } from '../support/guestVms.ts';

/** Waits for a timer of `ticks` of 10 MHz `count` times, prints a dot each time, and powers off. */
const TICKING = (count: number, ticks: number) => `
  la t0, handler
  csrw stvec, t0
  li t0, 0x20
  csrw sie, t0
  li s2, ${count}
  call arm
1:csrsi sstatus, 2
  wfi
  j 1b
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
  putc '.'
  addi s2, s2, -1
  bnez s2, 1f
  off
1:call arm
  sret`;

/** Counts, prints the low digit of the time now and then, and powers off. */
const COUNTING = `
  li s1, 40
1:li s0, 1000
2:addi s0, s0, -1
  bnez s0, 2b
  csrr t0, time
  andi t0, t0, 7
  addi a0, t0, 48
  li a7, 1
  ecall
  addi s1, s1, -1
  bnez s1, 1b
  off`;

/** Counts without end; a timer interrupts it each 1,234 ticks and prints how far it came, modulo 64. */
const INTERRUPTED = TICKING(30, 1_234)
  .replace('1:csrsi sstatus, 2\n  wfi', '1:csrsi sstatus, 2\n  addi s5, s5, 1')
  .replace("putc '.'", 'andi a0, s5, 63\n  addi a0, a0, 32\n  li a7, 1\n  ecall');

/** Echoes what is typed, by SBI's console; it looks each 100 µs. */
const ECHO = `
  la t0, handler
  csrw stvec, t0
  li t0, 0x20
  csrw sie, t0
1:call arm
  csrsi sstatus, 2
  wfi
  j 1b
arm:
  csrr a0, time
  li t0, 1000
  add a0, a0, t0
  li a1, 0
  li a6, 0
  li a7, 0x54494d45
  ecall
  ret
.align 2
handler:
  li a7, 2
  ecall
  bltz a0, 1f
  li a7, 1
  ecall
  j handler
1:call arm
  sret`;

function drive(queue: EventQueue, until: number): number {
  let events = 0;
  while (queue.step(until)) events++;
  queue.advanceTo(until);
  return events;
}

function embedded(options: Parameters<typeof guestHost>[0] = {}): GuestHost & { queue: EventQueue } {
  const host = guestHost({ ...options, embedded: true });
  return { ...host, queue: host.hypervisor.queue };
}

describe('the same guests, run by themselves and within a world', () => {
  const ends = (host: GuestHost, run: () => void, boot: (host: GuestHost) => (() => string)[]) => {
    const outputs = boot(host);
    host.hypervisor.wake();
    run();
    host.hypervisor.quiesce();
    return {
      instructions: host.hypervisor.instructions,
      outputs: outputs.map((output) => output()),
      runtimes: host.hypervisor.vms.map((vm) => vm.vcpus.map(({ runtime }) => runtime)),
      exits: host.hypervisor.vms.map((vm) => vm.exits),
      stops: host.trace.since(0, 'vm.stop').length,
    };
  };
  const cases: readonly (readonly [string, number, readonly string[]])[] = [
    ['a guest that computes', 1, [COUNTING]],
    ['a guest that sleeps by its timer', 1, [TICKING(20, 12_345)]],
    ['a guest that is interrupted in its work', 1, [INTERRUPTED]],
    ['three guests that share a processor', 1, [COUNTING, TICKING(9, 3_000), COUNTING]],
    ['three guests on two processors', 2, [COUNTING, TICKING(9, 3_000), COUNTING]],
  ];
  for (const [what, harts, sources] of cases) {
    test(what, () => {
      const boot = (host: GuestHost) => sources.map((source, i) => host.boot(`vm${i}`, source).output);
      const alone = guestHost({ harts });
      const first = ends(alone, () => alone.hypervisor.run(), boot);
      const within = embedded({ harts });
      const second = ends(within, () => drive(within.queue, SECOND), boot);
      expect(first.stops).toBe(sources.length);
      expect(second).toEqual(first);
    });
  }

  test('foreign events at odd times change nothing', () => {
    const run = (disturb: boolean) => {
      const host = embedded();
      const { output } = host.boot('alice', COUNTING);
      host.hypervisor.wake();
      for (let at = 137; disturb && at < MILLISECOND; at += 1_373) host.queue.after(at, () => {});
      drive(host.queue, SECOND);
      return { output: output(), instructions: host.hypervisor.instructions };
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe('within a world', () => {
  test('a guest that waits for nothing leaves no event behind, and costs none', () => {
    const { hypervisor, boot, queue } = embedded();
    boot('alice', '1: wfi\n j 1b');
    hypervisor.wake();
    drive(queue, MILLISECOND);
    expect(queue.next()).toBe(null);
    expect(drive(queue, 10 * SECOND)).toBe(0);
  });

  test('a sleeping guest costs a few events a wake-up', () => {
    const { hypervisor, boot, queue } = embedded();
    const { output } = boot('alice', TICKING(50, 100_000));
    hypervisor.wake();
    expect(drive(queue, SECOND)).toBeLessThan(50 * 8);
    expect(output()).toBe('.'.repeat(50));
  });

  test('a busy guest never gets ahead of the world by more than a slice', () => {
    const { hypervisor, boot, queue } = embedded();
    boot('alice', '1: j 1b');
    hypervisor.wake();
    for (let i = 1; i < 100; i++) {
      drive(queue, i * 12_345);
      expect(hypervisor.now - queue.now).toBeLessThanOrEqual(110_000);
      expect(hypervisor.now).toBeGreaterThanOrEqual(queue.now);
    }
  });

  test('typed input and resumption wake it', () => {
    const { hypervisor, boot, queue } = embedded();
    const { vm, output } = boot('alice', ECHO);
    hypervisor.wake();
    drive(queue, 10 * MILLISECOND);
    vm.type(encodeUtf8('hello'));
    drive(queue, 20 * MILLISECOND);
    expect(output()).toBe('hello');
    vm.pause();
    vm.type(encodeUtf8(' you'));
    drive(queue, 30 * MILLISECOND);
    expect(output()).toBe('hello');
    vm.resume();
    hypervisor.wake();
    drive(queue, 40 * MILLISECOND);
    expect(output()).toBe('hello you');
  });

  test('two machines on one queue both go on', () => {
    const first = embedded();
    const second = guestHost({ embedded: true, queue: first.queue });
    const outputs = [first, second].map((host) => {
      const { output } = host.boot('alice', COUNTING);
      host.hypervisor.wake();
      return output;
    });
    const events = drive(first.queue, SECOND);
    expect(outputs.map((output) => output().length)).toEqual([40, 40]);
    expect(events).toBeLessThan(1_000);
  });

  test('a destroyed guest stops at once', () => {
    const { hypervisor, boot, queue } = embedded();
    const before = hypervisor.frames.free;
    const { vm } = boot('alice', '1: j 1b', { memory: 4 * MIB });
    hypervisor.wake();
    drive(queue, MILLISECOND);
    hypervisor.destroyVm(vm);
    const { instructions } = hypervisor;
    expect(drive(queue, 2 * MILLISECOND)).toBeLessThan(3);
    expect(hypervisor.instructions).toBe(instructions);
    expect(hypervisor.frames.free).toBe(before);
  });

  test('nobody else may run it', () => {
    expect(() => embedded().hypervisor.run()).toThrow('the world runs these processors');
  });
});
