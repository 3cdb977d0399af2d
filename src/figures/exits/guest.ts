/** The guest of the figure: a kernel of a few lines and a program, which between them leave the guest for each common reason. */

/** Its source, as readers see it. RAM begins at 0x80000000; the serial port is where QEMU's `virt` machine has it. */
export const SOURCE = `kernel:
  la   t0, trap         # traps of this guest's own go there
  csrw stvec, t0
  la   t0, program
  csrw sepc, t0
  csrw sstatus, zero
  sret                  # down to user mode, to the program

program:
  li   a0, 6
  li   a1, 7
  mul  a0, a0, a1       # arithmetic
  li   t1, 0x80200000
  sw   a0, 0(t1)        # a page that was never used
  lw   a1, 0(t1)        # the same page again
  ecall                 # a system call

.align 2
trap:
  csrr t0, scause
  bltz t0, tick         # an interrupt?
  li   t1, 0x10000000
  li   t0, '*'
  sb   t0, 0(t1)        # to the serial port
  csrr a0, time
  li   t0, 5000
  add  a0, a0, t0
  li   a1, 0
  li   a7, 0x54494d45   # "TIME"
  li   a6, 0
  ecall                 # a hypercall: an alarm, please
  li   t0, 0x20
  csrw sie, t0
  wfi                   # nothing to do until then
  csrsi sstatus, 2      # interrupts on
  nop
tick:
  li   a7, 8
  ecall                 # a hypercall: power off
`;
