# The head of the boot ROM, at fixed places: where to enter it, and the services that boot sectors and loaders may call, as they
# call a BIOS (boot.h has them as C sees them).
.section .text.head
.option push
.option norvc
    .word   0x4d524256              # +0x00 "VBRM": there is a boot ROM
    .word   1                       # +0x04 version of this table
.global _start
_start:
    j       cold                    # +0x08 after reset: a0 = hart, a1 = device tree, S mode
    j       handed                  # +0x0c somebody else has chosen what to run, see below
    j       network_entry           # +0x10 a boot sector of sorts: boots over the network card in slot a2
    j       halt                    # +0x14 another: says that there is nothing left, and waits for ever
    .balign 32
    .word   service_read            # +0x20
    .word   service_print           # +0x24
    .word   service_boot_file       # +0x28
    .word   service_fetch           # +0x2c
    .word   service_exit            # +0x30
.option pop

cold:
    jal     t1, prepare
    tail    rom_main

# a0 to a2 are for the code at a3; a4 = hart, a5 = device tree are true.
handed:
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    mv      s3, a3
    mv      a0, a4
    mv      a1, a5
    jal     t1, prepare
    call    rom_init
    mv      a0, s3
    mv      a1, s0
    mv      a2, s1
    mv      a3, s2
    tail    rom_handed

# No interrupts, no translation, a stack, variables of zeros. Returns to t1.
prepare:
    csrw    sie, zero
    csrci   sstatus, 2
    csrw    satp, zero
    la      t0, stray
    csrw    stvec, t0
    la      sp, stack_top
    la      t0, bss_start
    la      t2, bss_end
1:  sw      zero, 0(t0)
    addi    t0, t0, 4
    bltu    t0, t2, 1b
    jr      t1

# An exception of the ROM itself: it says no more.
.balign 4
stray:
    wfi
    j       stray

# int run(entry, a0, a1, a2): calls foreign code. 0 when it came back, else cause + 1; where and why is in sepc and stval.
.global run
run:
    addi    sp, sp, -64
    sw      ra, 0(sp)
    sw      s0, 4(sp)
    sw      s1, 8(sp)
    sw      s2, 12(sp)
    sw      s3, 16(sp)
    sw      s4, 20(sp)
    sw      s5, 24(sp)
    sw      s6, 28(sp)
    sw      s7, 32(sp)
    sw      s8, 36(sp)
    sw      s9, 40(sp)
    sw      s10, 44(sp)
    sw      s11, 48(sp)
    la      t0, run_stack
    sw      sp, 0(t0)
    la      t0, caught
    csrw    stvec, t0
    mv      t0, a0
    mv      a0, a1
    mv      a1, a2
    mv      a2, a3
    fence.i                         # what was loaded is code from here on
    jalr    t0
    li      a0, 0
    j       back
.balign 4
caught:
    csrw    satp, zero
    csrr    a0, scause
    addi    a0, a0, 1
back:
    csrw    sie, zero
    csrci   sstatus, 2
    la      t0, stray
    csrw    stvec, t0
    la      t0, run_stack
    lw      sp, 0(t0)
    lw      ra, 0(sp)
    lw      s0, 4(sp)
    lw      s1, 8(sp)
    lw      s2, 12(sp)
    lw      s3, 16(sp)
    lw      s4, 20(sp)
    lw      s5, 24(sp)
    lw      s6, 28(sp)
    lw      s7, 32(sp)
    lw      s8, 36(sp)
    lw      s9, 40(sp)
    lw      s10, 44(sp)
    lw      s11, 48(sp)
    addi    sp, sp, 64
    ret

.section .bss
run_stack:
    .space  4
.balign 16
    .space  16384
stack_top:
