# Carries out a list of accesses to registers and prints what it saw: a line of eight hexadecimal digits for each. The list follows the
# program at LIST: the number of accesses, then for each three words, what to do (0 load byte, 1 load word, 2 store byte, 3 store word,
# 4 read mip), the address and the value. An access fault is printed as its cause with the high bit set. Serial port and power-off are
# used at the end only.
    .equ UART, 0x10000000
    .equ FINISHER, 0x100000
    .equ LIST, 0x80010000
    .equ RESULTS, 0x80020000

    .text
    .globl _start
_start:
    la t0, fault
    csrw mtvec, t0
    li s0, LIST
    lw s1, 0(s0)
    addi s0, s0, 4
    li s2, RESULTS
next:
    beqz s1, report
    lw t0, 0(s0)
    lw t1, 4(s0)
    lw t2, 8(s0)
    addi s0, s0, 12
    addi s1, s1, -1
    li a0, 0
    la t3, jumps
    slli t0, t0, 3
    add t3, t3, t0
    jr t3
jumps:
    .option norvc
    lbu a0, 0(t1)
    j note
    lw a0, 0(t1)
    j note
    sb t2, 0(t1)
    j note
    sw t2, 0(t1)
    j note
    csrr a0, mip
    j note
note:
    sw a0, 0(s2)
    addi s2, s2, 4
    j next

    .align 2
fault:
    csrr a0, mcause
    li t4, 0x80000000
    or a0, a0, t4
    la t4, note
    csrw mepc, t4
    mret

# The serial port as after a reset, then one line for each result.
report:
    li t0, UART
    sb zero, 3(t0)
    sb zero, 1(t0)
    sb zero, 4(t0)
    sb zero, 2(t0)
    li s3, RESULTS
1:  beq s3, s2, 5f
    lw s4, 0(s3)
    addi s3, s3, 4
    li s5, 8
2:  srli a0, s4, 28
    slli s4, s4, 4
    li t1, 10
    bltu a0, t1, 3f
    addi a0, a0, 39
3:  addi a0, a0, 48
    call put
    addi s5, s5, -1
    bnez s5, 2b
    li a0, 10
    call put
    j 1b
5:  li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
6:  j 6b

put:
    lbu t1, 5(t0)
    andi t1, t1, 0x20
    beqz t1, put
    sb a0, 0(t0)
    ret
