/** VMs that really run: small guests in assembly on the hypervisor, and what leaves them. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/base/index.ts';
import { FRAME_BYTES } from '../../src/hypervisor/index.ts';
import { guestHost, MIB } from '../support/guestVms.ts';

/** Prints what stands in \`s0\` as eight hexadecimal digits. */
const PRINT_HEX = `
print_hex:
  li t1, 28
1:srl t0, s0, t1
  andi t0, t0, 15
  li t2, 10
  blt t0, t2, 2f
  addi t0, t0, 39
2:addi a0, t0, 48
  li a7, 1
  ecall
  addi t1, t1, -4
  bgez t1, 1b
  ret
`;

describe('a VM', () => {
  test('runs from its entry, prints by hypercall, and powers off', () => {
    const { hypervisor, boot } = guestHost();
    const { vm, output } = boot('alice', `putc 'h'\n putc 'i'\n off`);
    expect(vm.stopped).toBe(null);
    expect(hypervisor.run()).toBe('idle');
    expect(output()).toBe('hi');
    expect(vm.stopped).toBe('shutdown');
    expect(vm.exits['hypercall']).toBe(3);
  });

  test('starts in VS-mode with its hart id in a0 and a device tree in a1', () => {
    const { hypervisor, boot } = guestHost();
    // The first word of a flattened device tree is 0xd00dfeed, big-endian.
    const { output } = boot(
      'alice',
      `mv s1, a0\n lw s0, 0(a1)\n call print_hex\n mv s0, s1\n call print_hex\n off\n${PRINT_HEX}`,
    );
    hypervisor.run();
    expect(output()).toBe('edfe0dd000000000');
  });

  test('meets its serial port by MMIO: a guest-page fault with the transformed instruction, no look into its memory', () => {
    const { hypervisor, trace, boot } = guestHost({ traceExits: true });
    const { output } = boot(
      'alice',
      `li s1, UART
       li t0, 'A'
       sb t0, 0(s1)
       .option rvc
       addi s0, s1, 0
       c.lw a5, 4(s0)
       .option norvc
       lbu s0, 5(s1)
       call print_hex
       off
       ${PRINT_HEX}`,
    );
    hypervisor.run();
    expect(output()).toBe('A00000060');
    const details = trace.since(0, 'vm.exit').map(({ detail }) => `${detail.exit}: ${detail.detail}`);
    expect(details).toContain('guestPageFault: store to 0x10000000');
    expect(details).toContain('guestPageFault: load from 0x10000005');
  });

  test('gets frames at first use alone, and gives all back when it ends', () => {
    const { hypervisor, boot } = guestHost();
    const before = hypervisor.frames.free;
    const { vm } = boot(
      'alice',
      `li s0, RAM + 0x100000
       li s1, 5
     1:sw s1, 0(s0)
       li t0, 0x1000
       add s0, s0, t0
       addi s1, s1, -1
       bnez s1, 1b
     2:j 2b`,
    );
    const booted = hypervisor.frames.usedBy('alice').guest;
    hypervisor.run({ until: MILLISECOND });
    expect(hypervisor.frames.usedBy('alice').guest).toBe(booted + 5);
    hypervisor.destroyVm(vm);
    expect(hypervisor.frames.free).toBe(before);
  });

  test('an address where nothing is gives the guest an access fault, and harms nobody', () => {
    const { hypervisor, boot } = guestHost();
    const { output } = boot(
      'mallory',
      `la t0, handler
       csrw stvec, t0
       li t0, RAM + 0x400000
       lw t1, 0(t0)
       putc 'X'
       off
     .align 2
     handler:
       csrr s0, scause
       call print_hex
       csrr s0, stval
       call print_hex
       off
       ${PRINT_HEX}`,
    );
    hypervisor.run();
    expect(output()).toBe('0000000580400000');
  });

  test('has its own page tables: two stages are walked, and both see only what is theirs', () => {
    const { hypervisor, boot } = guestHost();
    // Virtual 0x40000000 → guest physical RAM, by one 4 MiB leaf; virtual RAM → RAM, to go on running.
    const { output } = boot(
      'alice',
      `la t0, root
       li t1, ((RAM >> 12) << 10) | 0xcf
       li t2, 0x400
       add t3, t0, t2
       sw t1, 0(t3)
       li t2, 0x800
       add t3, t0, t2
       sw t1, 0(t3)
       srli t0, t0, 12
       li t1, 0x80000000
       or t0, t0, t1
       csrw satp, t0
       sfence.vma
       la t0, word
       li t1, 0x40000000
       sub t0, t0, t1
       lw s0, 0(t0)
       call print_hex
       off
       ${PRINT_HEX}
     .align 2
     word: .word 0xcafe
     .align 12
     root: .zero 4096`,
    );
    hypervisor.run();
    expect(output()).toBe('0000cafe');
  });

  test('its timer interrupts it, and it waits without using the processor', () => {
    const { hypervisor, boot } = guestHost();
    const { vm, output } = boot(
      'alice',
      `la t0, handler
       csrw stvec, t0
       li t0, 0x20
       csrw sie, t0
       csrr a0, time
       li t0, 50000
       add a0, a0, t0
       li a1, 0
       li a6, 0
       li a7, 0x54494d45
       ecall
       csrsi sstatus, 2
     1:wfi
       j 1b
     .align 2
     handler:
       csrr s0, scause
       call print_hex
       off
       ${PRINT_HEX}`,
    );
    expect(hypervisor.run()).toBe('idle');
    expect(output()).toBe('80000005');
    // 50,000 ticks of 10 MHz are 5 ms.
    expect(hypervisor.now).toBeGreaterThan(5 * MILLISECOND);
    expect(hypervisor.now).toBeLessThan(6 * MILLISECOND);
    expect(vm.vcpus[0]!.runtime).toBeLessThan(MILLISECOND);
  });

  test('reboots with the same image', () => {
    const { hypervisor, boot } = guestHost();
    const { vm, output } = boot(
      'alice',
      `putc 'b'\n li a7, 0x53525354\n li a6, 0\n li a0, 1\n li a1, 0\n ecall\n putc 'X'`,
    );
    hypervisor.run({ until: MILLISECOND / 10 });
    expect(output()).toMatch(/^bb+$/);
    expect(vm.stopped).toBe(null);
  });

  test('what SBI does not have, it says so', () => {
    const { hypervisor, boot } = guestHost();
    const { output } = boot(
      'alice',
      `li a7, 0x12345\n li a6, 0\n ecall\n mv s0, a0\n call print_hex\n off\n${PRINT_HEX}`,
    );
    hypervisor.run();
    expect(output()).toBe('fffffffe');
  });

  test('starts its second vCPU by SBI, and sends it an interrupt', () => {
    const { hypervisor, boot } = guestHost();
    const { output } = boot(
      'smp',
      `li a0, 1
       la a1, second
       li a2, 0x77
       li a6, 0
       li a7, 0x48534d
       ecall
       li s0, 2000
     1:addi s0, s0, -1
       bnez s0, 1b
       li a0, 2
       li a1, 0
       li a6, 0
       li a7, 0x735049
       ecall
     2:wfi
       j 2b
     second:
       mv s1, a1
       li t0, 2
       csrw sie, t0
     1:wfi
       csrr t0, sip
       andi t0, t0, 2
       beqz t0, 1b
       mv s0, s1
       call print_hex
       off
       ${PRINT_HEX}`,
      { vcpus: 2 },
    );
    hypervisor.run({ until: SECOND });
    expect(output()).toBe('00000077');
  });
});

describe('two VMs on one processor', () => {
  const BUSY = '1: addi s0, s0, 1\n j 1b';

  test('have the same guest addresses and never the same frame', () => {
    const { hypervisor, boot } = guestHost();
    const write = (value: number) => `li t0, RAM + 0x200000\n li t1, ${value}\n sw t1, 0(t0)\n 1: j 1b`;
    const alice = boot('alice', write(1));
    const bob = boot('bob', write(2));
    hypervisor.run({ until: 20 * MILLISECOND });
    hypervisor.quiesce();
    expect([alice, bob].map(({ vm }) => vm.memory.read32(0x8020_0000))).toEqual([1, 2]);
    const frames = (name: typeof alice) =>
      new Set([...name.vm.stage2.mappings()].map(([, { frame }]) => frame));
    const [first, second] = [frames(alice), frames(bob)];
    expect([...first].filter((frame) => second.has(frame))).toEqual([]);
    for (const frame of first) expect(hypervisor.frames.ownerOf(frame)?.owner).toBe('alice');
  });

  test('share it by their weights, a hog with interrupts off included', () => {
    const { hypervisor, boot } = guestHost();
    const light = boot('light', `csrci sstatus, 2\n${BUSY}`, { weight: 1 });
    const heavy = boot('heavy', BUSY, { weight: 3 });
    hypervisor.run({ until: 400 * MILLISECOND });
    hypervisor.quiesce();
    const share = heavy.vm.vcpus[0]!.runtime / light.vm.vcpus[0]!.runtime;
    expect(share).toBeGreaterThan(2.85);
    expect(share).toBeLessThan(3.15);
  });

  test('one that slept has not saved up time against the other', () => {
    const { hypervisor, boot } = guestHost();
    const busy = boot('busy', BUSY);
    hypervisor.run({ until: 200 * MILLISECOND });
    const late = boot('late', BUSY);
    hypervisor.run({ until: 300 * MILLISECOND });
    hypervisor.quiesce();
    const runtime = late.vm.vcpus[0]!.runtime;
    expect(runtime).toBeGreaterThan(45 * MILLISECOND);
    expect(runtime).toBeLessThan(55 * MILLISECOND);
    expect(busy.vm.vcpus[0]!.runtime).toBeGreaterThan(240 * MILLISECOND);
  });

  test('a policy of one’s own chooses', () => {
    const { hypervisor, boot } = guestHost({
      pickVcpu: (runnable) => ({ next: runnable.length - 1, quantum: 1_000_000 }),
    });
    const first = boot('first', BUSY);
    boot('last', BUSY);
    hypervisor.run({ until: 50 * MILLISECOND });
    hypervisor.quiesce();
    expect(first.vm.vcpus[0]!.runtime).toBe(0);
  });
});

describe('a full host', () => {
  test('a VM that needs one more frame than there is ends, and the others go on', () => {
    const { hypervisor, boot } = guestHost({ size: 2 * MIB });
    const eater = boot(
      'eater',
      `li s0, RAM + 0x10000\n li t0, 0x1000\n 1: sw s0, 0(s0)\n add s0, s0, t0\n j 1b`,
    );
    hypervisor.run({ until: 100 * MILLISECOND });
    expect(eater.vm.stopped).toBe('out of memory');
    expect(hypervisor.frames.usedBy('eater').guest).toBe(0);
    const next = boot('next', `putc 'k'\n off`);
    hypervisor.run();
    expect(next.output()).toBe('k');
  });

  test('without room for stage-2 tables there is no VM, and nothing is kept', () => {
    const { hypervisor, boot } = guestHost({ size: MIB });
    while (hypervisor.frames.allocate('filler', 'guest') !== null);
    expect(() => boot('alice', 'off')).toThrow('cannot allocate the stage-2 root of alice');
    expect(hypervisor.vms).toEqual([]);
    expect(hypervisor.frames.usedBy('alice')).toEqual({ guest: 0, table: 0 });
  });

  test('an image outside of the guest’s RAM is refused', () => {
    const { hypervisor } = guestHost();
    const vm = hypervisor.createVm({ name: 'alice', memory: MIB, vcpus: 1, output: () => {} });
    const segments = [{ address: 0x8010_0000 - 4, bytes: new Uint8Array(8) }];
    expect(() => vm.boot({ segments, entry: 0x8000_0000 })).toThrow(/does not lie in the RAM of alice/);
    expect(vm.stopped).not.toBe(null);
    expect(hypervisor.frames.usedBy('alice').guest).toBe(0);
    const again = () => hypervisor.createVm({ name: 'alice', memory: MIB, vcpus: 1, output: () => {} });
    expect(again).toThrow('there is a VM alice already');
  });
});

test('the same VMs do the same, exit for exit', () => {
  const run = () => {
    const { hypervisor, trace, boot } = guestHost({ traceExits: true, harts: 2 });
    boot('alice', `li s1, 300\n 1: putc 'a'\n addi s1, s1, -1\n bnez s1, 1b\n off`);
    boot('bob', `li s1, 200\n 1: putc 'b'\n addi s1, s1, -1\n bnez s1, 1b\n off`, { weight: 2 });
    hypervisor.run();
    return {
      events: trace.since(0),
      now: hypervisor.now,
      instructions: hypervisor.instructions,
      page: FRAME_BYTES,
    };
  };
  const first = run();
  expect(first.events.length).toBeGreaterThan(500);
  expect(run()).toEqual(first);
});
