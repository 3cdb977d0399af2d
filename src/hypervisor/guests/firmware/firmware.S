# M-mode firmware between the machine and a supervisor, by the RISC-V Supervisor Binary Interface 2.0 (SBI). It sets the machine up,
# starts the boot ROM (../rom) in S mode with a0 = hart and a1 = device tree, or where there is none the kernel at 0x80200000, and
# answers their calls: base, TIME, IPI, SRST, DBCN and the legacy console.
#
# Registers while it runs: sp is this hart's stack; mscratch holds that stack's top while the supervisor runs.

.set KERNEL,        0x80200000
.set ROM,           0x80100000      # "VBRM" there: a boot ROM, entered 8 bytes on
.set ROM_MAGIC,     0x4d524256
.set ROM_END,       0x80110000
.set UART,          0x10000000      # 16550: THR/RBR at 0, LSR at 5
.set FINISHER,      0x00100000
.set CLINT_MSIP,    0x02000000      # 4 bytes for each hart
.set CLINT_MTIMECMP, 0x02004000     # 8 bytes for each hart
.set STACK,         0x80010000      # tops of the stacks: one of 4096 bytes for each hart below
.set SECURED,       0x80010000      # memory below here is closed to the supervisor

.set SUCCESS, 0
.set NOT_SUPPORTED, -2
.set INVALID_PARAM, -3

.section .text.start
.global _start
_start:
    la      t0, trap
    csrw    mtvec, t0
    csrr    t0, mhartid
    slli    t1, t0, 12
    li      sp, STACK
    sub     sp, sp, t1
    csrw    mscratch, sp

# What the supervisor handles itself (Privileged Architecture, 3.1.8): exceptions of its programs, its own interrupts. Calls from S
# (9), illegal instructions (2) and access faults in M stay here; access faults of the supervisor (1, 5, 7) go to it.
    li      t0, (1<<0) | (1<<1) | (1<<2) | (1<<3) | (1<<4) | (1<<5) | (1<<6) | (1<<7) | (1<<8) | (1<<12) | (1<<13) | (1<<15)
    csrw    medeleg, t0
    li      t0, (1<<1) | (1<<5) | (1<<9)    # SSIP, STIP, SEIP
    csrw    mideleg, t0
    li      t0, 7                           # cycle, time and instret may be read below M (3.1.11)
    csrw    mcounteren, t0
    csrw    scounteren, t0

# Physical memory protection (3.7), each entry up to its address from the one before ("top of range"): the firmware is closed, the boot
# ROM cannot be written, all else is open.
    li      t0, 0x80000000 >> 2
    csrw    pmpaddr0, t0
    li      t0, SECURED >> 2
    csrw    pmpaddr1, t0
    li      t0, ROM >> 2
    csrw    pmpaddr2, t0
    li      t0, ROM_END >> 2
    csrw    pmpaddr3, t0
    li      t0, -1
    csrw    pmpaddr4, t0
    li      t0, 0x0f                                # RWX
    csrw    pmpcfg1, t0
    li      t0, (0x0d << 24) | (0x0f << 16) | (0x08 << 8) | 0x0f    # RX, RWX, none, RWX
    csrw    pmpcfg0, t0

    li      t0, 1<<3                        # MSIE: another hart may call
    csrw    mie, t0
    csrr    t0, mhartid
    bnez    t0, park

# To S mode (3.1.6.1): MPP = 1, previous interrupt enable off.
    li      t0, 3<<11
    csrc    mstatus, t0
    li      t0, 1<<11
    csrs    mstatus, t0
    li      t0, ROM
    lw      t1, 0(t0)
    addi    t0, t0, 8
    li      t2, ROM_MAGIC
    beq     t1, t2, 1f
    li      t0, KERNEL
1:  csrw    mepc, t0
    csrw    satp, zero
    csrr    a0, mhartid
    mret

# Harts other than 0 wait: there is no call here that starts them (HSM is not offered).
park:
    csrw    mie, zero
1:  wfi
    j       1b

.balign 4
trap:
    csrrw   sp, mscratch, sp
    addi    sp, sp, -16
    sw      t0, 0(sp)
    sw      t1, 4(sp)
    sw      t2, 8(sp)
    csrr    t0, mcause
    bltz    t0, interrupt
    li      t1, 9                           # environment call from S
    beq     t0, t1, call
# Nothing else should come here: show it in the exit code and end.
    slli    t0, t0, 16
    li      t1, 0x3333
    or      t0, t0, t1
    li      t1, FINISHER
    sw      t0, 0(t1)
1:  j       1b

# Timer (7): becomes the supervisor's timer interrupt, which it may keep pending; M's own is off until the next set_timer.
# Software (3): becomes the supervisor's.
interrupt:
    slli    t0, t0, 1
    li      t1, 7 << 1
    bne     t0, t1, 1f
    li      t0, 1<<7
    csrc    mie, t0
    li      t0, 1<<5
    csrs    mip, t0
    j       leave
1:  csrr    t0, mhartid
    slli    t0, t0, 2
    li      t1, CLINT_MSIP
    add     t0, t0, t1
    sw      zero, 0(t0)
    li      t0, 1<<1
    csrs    mip, t0
    j       leave

# a7: extension, a6: function, a0 to a5: arguments; error in a0, value in a1 (SBI, chapter 3). All else is kept.
call:
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
    li      t0, 0x10
    beq     a7, t0, base
    li      t0, 0x54494d45
    beq     a7, t0, time
    li      t0, 0x735049
    beq     a7, t0, ipi
    li      t0, 0x53525354
    beq     a7, t0, reset
    li      t0, 0x4442434e
    beq     a7, t0, console
    beqz    a7, legacy_timer
    li      t0, 1
    beq     a7, t0, legacy_put
    li      t0, 2
    beq     a7, t0, legacy_get
    li      t0, 8
    beq     a7, t0, power_off
not_supported:
    li      a0, NOT_SUPPORTED
    li      a1, 0
    j       leave
invalid:
    li      a0, INVALID_PARAM
    li      a1, 0
    j       leave
success:
    li      a1, 0
success_with_value:
    li      a0, SUCCESS
leave:
    lw      t0, 0(sp)
    lw      t1, 4(sp)
    lw      t2, 8(sp)
    addi    sp, sp, 16
    csrrw   sp, mscratch, sp
    mret

# Base (4): version, implementation and its version, "is this extension there?", the machine's numbers.
base:
    li      t0, 6
    bgtu    a6, t0, not_supported
    li      a1, 2 << 24                     # 0: SBI 2.0
    beqz    a6, success_with_value
    li      a1, 0x5642                      # 1: implementation "VB", not registered
    li      t0, 1
    beq     a6, t0, success_with_value
    li      t0, 2                           # 2: its version
    beq     a6, t0, base_one
    li      t0, 3
    beq     a6, t0, base_probe
    li      t0, 5
    csrr    a1, mvendorid
    bltu    a6, t0, success_with_value
    csrr    a1, marchid
    beq     a6, t0, success_with_value
    csrr    a1, mimpid
    j       success_with_value
base_probe:
    li      t0, 0x10
    beq     a0, t0, base_one
    li      t0, 0x54494d45
    beq     a0, t0, base_one
    li      t0, 0x735049
    beq     a0, t0, base_one
    li      t0, 0x53525354
    beq     a0, t0, base_one
    li      t0, 0x4442434e
    beq     a0, t0, base_one
    li      t0, 2
    bleu    a0, t0, base_one                # legacy: set timer, put, get
    li      t0, 8
    beq     a0, t0, base_one
    li      a1, 0
    j       success_with_value
base_one:
    li      a1, 1
    j       success_with_value

# TIME (6): a1:a0 is when. The comparison register is written so that no value in between is in the past.
time:
    bnez    a6, not_supported
    csrr    t0, mhartid
    slli    t0, t0, 3
    li      t1, CLINT_MTIMECMP
    add     t0, t0, t1
    li      t1, -1
    sw      t1, 4(t0)
    sw      a0, 0(t0)
    sw      a1, 4(t0)
    li      t0, 1<<5
    csrc    mip, t0
    li      t0, 1<<7
    csrs    mie, t0
    j       success
legacy_timer:
    li      a6, 0
    j       time

# IPI (7): a0 is a mask of harts from a1 on; a1 = -1 means all. A hart is there when its software interrupt can be set: 8 of them.
ipi:
    bnez    a6, not_supported
    li      t0, -1
    bne     a1, t0, 1f
    li      a0, 0xff
    li      a1, 0
1:  li      t0, 8
    bgeu    a1, t0, invalid
    sll     t0, a0, a1
    li      t1, CLINT_MSIP
    li      t2, 1
2:  beqz    t0, success
    andi    a0, t0, 1
    beqz    a0, 3f
    sw      t2, 0(t1)
3:  addi    t1, t1, 4
    srli    t0, t0, 1
    j       2b

# SRST (10): a0 = 0 shutdown, 1 cold, 2 warm reboot; a1 = 0 no reason, 1 system failure.
reset:
    bnez    a6, not_supported
    li      t0, 1
    bgtu    a1, t0, invalid
    beqz    a0, reset_shutdown
    li      t0, 2
    bgtu    a0, t0, invalid
    li      t1, 0x7777
    j       finish
reset_shutdown:
    bnez    a1, reset_failure
power_off:
    li      t1, 0x5555
    j       finish
reset_failure:
    li      t1, 0x13333
finish:
    li      t0, FINISHER
    sw      t1, 0(t0)
1:  j       1b

# DBCN (12): 0 writes a1:... bytes, 1 reads, 2 writes one byte. a0 is the size, a2:a1 the physical address.
console:
    li      t0, 2
    bgtu    a6, t0, not_supported
    beq     a6, t0, console_byte
    bnez    a2, invalid
    li      t0, SECURED                     # the firmware must not be read or overwritten through this call
    bltu    a1, t0, invalid
    add     t0, a1, a0
    bltu    t0, a1, invalid
    mv      t1, a1
    add     t2, a1, a0
    bnez    a6, console_read
1:  beq     t1, t2, console_done
    lbu     a0, 0(t1)
    addi    t1, t1, 1
    li      t0, UART
2:  lbu     a2, 5(t0)
    andi    a2, a2, 0x20                    # LSR: THR empty
    beqz    a2, 2b
    sb      a0, 0(t0)
    j       1b
console_read:
    beq     t1, t2, console_done
    li      t0, UART
    lbu     a0, 5(t0)
    andi    a0, a0, 1                       # LSR: data ready
    beqz    a0, console_done
    lbu     a0, 0(t0)
    sb      a0, 0(t1)
    addi    t1, t1, 1
    j       console_read
console_done:
    sub     a1, t1, a1                      # how many bytes
    li      a2, 0
    j       success_with_value
console_byte:
    li      t0, UART
1:  lbu     t1, 5(t0)
    andi    t1, t1, 0x20
    beqz    t1, 1b
    sb      a0, 0(t0)
    j       success

# The legacy console (5): a byte to put; a byte got, or -1. These change a0 alone.
legacy_put:
    li      t0, UART
1:  lbu     t1, 5(t0)
    andi    t1, t1, 0x20
    beqz    t1, 1b
    sb      a0, 0(t0)
    li      a0, 0
    j       leave
legacy_get:
    li      t0, UART
    li      a0, -1
    lbu     t1, 5(t0)
    andi    t1, t1, 1
    beqz    t1, leave
    lbu     a0, 0(t0)
    j       leave
