# The loader's head (boot.h: LOADER_MAGIC), and its way to the kernel. Size and sum are filled in by whoever puts it on a disk.
.section .text.head
.option push
.option norvc
    .word   0x444c4256
    .word   0
    .word   0
.global _start
_start:
    j       begin                   # +12: a0 = hart, a1 = device tree, a2 = slot
.option pop
begin:
    la      t0, bss_start
    la      t1, bss_end
1:  sw      zero, 0(t0)
    addi    t0, t0, 4
    bltu    t0, t1, 1b
    tail    loader_main             # which returns to the ROM when there is nothing to start

# enter(hart, tree, entry): the kernel, by the boot convention. It does not come back.
.global enter
enter:
    csrw    sie, zero
    csrw    satp, zero
    csrw    stvec, zero
    mv      ra, zero
    fence.i
    jr      a2
