# Two harts. Hart 0 wakes hart 1 by a software interrupt; then both add 1 to one counter a thousand times each, hart 0 by amoadd, hart 1
# by lr/sc. Hart 1 answers by a software interrupt. The first start ends in a reset by the finisher, which keeps RAM; the second
# powers off, with the number of what is wrong if anything is.
    .equ FINISHER, 0x100000
    .equ MSIP, 0x2000000
# Two words outside of the program: they are zero at power-on, and no loader writes them again at a reset.
    .equ COUNTER, 0x80080000
    .equ STARTS, 0x80080004

    .text
    .globl _start
_start:
    li s0, COUNTER
    li s1, 1000
    csrr t0, mhartid
    bne t0, a0, wrong_hart
    li t0, 8
    csrw mie, t0                    # MSIE, with interrupts off: WFI ends, no trap is taken
    bnez a0, second

    li t0, MSIP
    li t1, 1
    sw t1, 4(t0)
1:  li t1, 1
    amoadd.w zero, t1, (s0)
    addi s1, s1, -1
    bnez s1, 1b
2:  wfi
    csrr t0, mip
    andi t0, t0, 8
    beqz t0, 2b
    li t0, MSIP
    sw zero, 0(t0)
    li t0, STARTS
    lw t1, 0(t0)
    addi t1, t1, 1
    sw t1, 0(t0)
    mv t5, t1
    lw t2, 0(s0)
    li t3, 2000
    li t4, 2
    bne t1, t4, 3f
    li t3, 4000
3:  bne t2, t3, wrong_sum
    li t0, FINISHER
    li t1, 0x7777
    bne t5, t4, 4f
    li t1, 0x5555
4:  sw t1, 0(t0)
5:  j 5b

second:
    wfi
    csrr t0, mip
    andi t0, t0, 8
    beqz t0, second
    li t0, MSIP
    sw zero, 4(t0)
1:  lr.w t1, (s0)
    addi t1, t1, 1
    sc.w t2, t1, (s0)
    bnez t2, 1b
    addi s1, s1, -1
    bnez s1, 1b
    li t0, MSIP
    li t1, 1
    sw t1, 0(t0)
2:  wfi
    j 2b

wrong_hart:
    li t1, 0x13333
    j 6f
wrong_sum:
    li t1, 0x23333
6:  li t0, FINISHER
    sw t1, 0(t0)
7:  j 7b
