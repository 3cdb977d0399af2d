# A guest that meets each device once: serial port by polling, timer and disk by interrupts, serial input by interrupt, power-off.
# It runs in machine mode on hart 0 and needs a virtio disk in slot 0. A step that fails powers off with that step's number.
    .equ UART, 0x10000000
    .equ FINISHER, 0x100000
    .equ CLINT, 0x2000000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ PLIC, 0xc000000
    .equ PLIC_ENABLE, 0xc002000
    .equ PLIC_CLAIM, 0xc200004
    .equ DISK, 0x10001000
    .equ QUEUE_SIZE, 8

    .text
    .globl _start
_start:
    la sp, stack_end
    la t0, handler
    csrw mtvec, t0

# 1: a0 is the hart's id, a1 the device tree: big-endian 0xd00dfeed.
    li s0, 1
    bnez a0, fail
    lw t0, 0(a1)
    li t1, 0xedfe0dd0
    bne t0, t1, fail
    la a0, text_uart
    call print

# 2: the timer interrupts 100 µs from now, and not before.
    li s0, 2
    li t0, MTIME
    lw s1, 0(t0)
    li t1, MTIMECMP
    li t2, -1
    sw t2, 4(t1)
    addi t3, s1, 1000
    sw t3, 0(t1)
    sw zero, 4(t1)
    li t0, 0x80
    csrs mie, t0
    la a0, timer_seen
    call await
    li t0, MTIME
    lw t1, 0(t0)
    sub t1, t1, s1
    li t2, 1000
    bltu t1, t2, fail
    la a0, text_timer
    call print

# 3: the disk in slot 0 is a virtio block device, version 2, and takes its features.
    li s0, 3
    li s2, DISK
    lw t0, 0(s2)
    li t1, 0x74726976
    bne t0, t1, fail
    lw t0, 4(s2)
    li t1, 2
    bne t0, t1, fail
    lw t0, 8(s2)
    bne t0, t1, fail
    sw zero, 0x70(s2)
    li t0, 3
    sw t0, 0x70(s2)
    li t0, 1
    sw t0, 0x24(s2)
    sw t0, 0x20(s2)                 # VIRTIO_F_VERSION_1 alone
    sw zero, 0x24(s2)
    sw zero, 0x20(s2)
    li t0, 11
    sw t0, 0x70(s2)
    lw t0, 0x70(s2)
    andi t0, t0, 8
    beqz t0, fail
    sw zero, 0x30(s2)
    li t0, QUEUE_SIZE
    sw t0, 0x38(s2)
    la t0, descriptors
    sw t0, 0x80(s2)
    sw zero, 0x84(s2)
    la t0, available
    sw t0, 0x90(s2)
    sw zero, 0x94(s2)
    la t0, used
    sw t0, 0xa0(s2)
    sw zero, 0xa4(s2)
    li t0, 1
    sw t0, 0x44(s2)
    li t0, 15
    sw t0, 0x70(s2)
    li t0, PLIC
    li t1, 1
    sw t1, 4(t0)                    # priority of source 1, the disk
    sw t1, 40(t0)                   # and of source 10, the serial port
    li t0, PLIC_ENABLE
    li t1, 0x402
    sw t1, 0(t0)
    li t0, 0x800
    csrs mie, t0

# 4: a sector is written.
    li s0, 4
    la t0, written
    li t1, 512
    li t2, 0
1:  xori t3, t2, 0x5a
    sb t3, 0(t0)
    addi t0, t0, 1
    addi t2, t2, 1
    bne t2, t1, 1b
    li a0, 1
    la a1, written
    li a2, 1                        # device reads it
    call transfer
    la a0, text_written
    call print

# 5: it is read back, into other memory.
    li s0, 5
    li a0, 0
    la a1, read
    li a2, 3                        # device writes it
    call transfer
    la t0, written
    la t1, read
    li t2, 128
1:  lw t3, 0(t0)
    lw t4, 0(t1)
    bne t3, t4, fail
    addi t0, t0, 4
    addi t1, t1, 4
    addi t2, t2, -1
    bnez t2, 1b
    la a0, text_read
    call print

# 6: a byte from the serial port, by interrupt, is sent back.
    li s0, 6
    li t0, UART
    li t1, 1
    sb t1, 1(t0)
    la a0, input_seen
    call await
    la t0, input
    lbu a0, 0(t0)
    call put
    li a0, 10
    call put
    li t0, UART
1:  lbu t1, 5(t0)                   # the last bit has left: nothing is cut off
    andi t1, t1, 0x40
    beqz t1, 1b
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

# Powers off with code s0.
fail:
    slli s0, s0, 16
    li t0, 0x3333
    or s0, s0, t0
    li t0, FINISHER
    sw s0, 0(t0)
1:  j 1b

# Moves sector 7: a0 is the request type, a1 the data, a2 the flags of their descriptor. Waits for the interrupt and checks status.
transfer:
    addi sp, sp, -16
    sw ra, 0(sp)
    la t0, header
    sw a0, 0(t0)
    li t1, 7
    sw t1, 8(t0)
    la t1, descriptors
    sw t0, 0(t1)
    li t2, 16
    sw t2, 8(t1)
    li t2, 0x10001                  # next is 1, flag NEXT
    sw t2, 12(t1)
    sw a1, 16(t1)
    li t2, 512
    sw t2, 24(t1)
    li t2, 0x20000                  # next is 2
    or t2, t2, a2
    sw t2, 28(t1)
    la t2, status
    sb t1, 0(t2)
    sw t2, 32(t1)
    li t2, 1
    sw t2, 40(t1)
    li t2, 2
    sw t2, 44(t1)
    la t0, disk_seen
    sw zero, 0(t0)
    la t0, available
    lhu t1, 2(t0)
    andi t2, t1, QUEUE_SIZE - 1
    slli t2, t2, 1
    add t2, t2, t0
    sh zero, 4(t2)
    fence w, w
    addi t1, t1, 1
    sh t1, 2(t0)
    fence
    li t0, DISK
    sw zero, 0x50(t0)
    la a0, disk_seen
    call await
    la t0, available
    la t1, used
    lhu t2, 2(t0)
    lhu t3, 2(t1)
    bne t2, t3, fail
    la t0, status
    lbu t1, 0(t0)
    bnez t1, fail
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Waits until the word at a0 is not zero. The trap is taken between the two csr instructions only, so that none is missed.
await:
    lw t0, 0(a0)
    bnez t0, 1f
    wfi
    csrsi mstatus, 8
    csrci mstatus, 8
    j await
1:  ret

# Sends the text at a0.
print:
    mv t2, a0
    mv t3, ra
1:  lbu a0, 0(t2)
    beqz a0, 2f
    call put
    addi t2, t2, 1
    j 1b
2:  jr t3

# Sends the byte in a0 when THR is empty.
put:
    li t0, UART
1:  lbu t1, 5(t0)
    andi t1, t1, 0x20
    beqz t1, 1b
    sb a0, 0(t0)
    ret

    .align 2
handler:
    addi sp, sp, -32
    sw t0, 0(sp)
    sw t1, 4(sp)
    sw t2, 8(sp)
    sw t3, 12(sp)
    csrr t0, mcause
    li t1, 0x80000007
    beq t0, t1, timer
    li t1, 0x8000000b
    bne t0, t1, fail
    li t0, PLIC_CLAIM
    lw t1, 0(t0)
    li t2, 10
    beq t1, t2, serial
    li t2, 1
    bne t1, t2, fail
    li t2, DISK
    lw t3, 0x60(t2)
    sw t3, 0x64(t2)
    la t2, disk_seen
    sw t3, 0(t2)
    j complete
serial:
    li t2, UART
    lbu t3, 0(t2)
    la t2, input
    sb t3, 0(t2)
    la t2, input_seen
    sw t1, 0(t2)
complete:
    sw t1, 0(t0)
    j leave
timer:
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    la t0, timer_seen
    sw t1, 0(t0)
leave:
    lw t0, 0(sp)
    lw t1, 4(sp)
    lw t2, 8(sp)
    lw t3, 12(sp)
    addi sp, sp, 32
    mret

    .data
text_uart:    .asciz "uart\n"
text_timer:   .asciz "timer\n"
text_written: .asciz "written\n"
text_read:    .asciz "read\n"
    .align 4
timer_seen:   .word 0
disk_seen:    .word 0
input_seen:   .word 0
input:        .word 0
header:       .zero 16
status:       .word 0
    .align 4
descriptors:  .zero 16 * QUEUE_SIZE
available:    .zero 6 + 2 * QUEUE_SIZE
    .align 4
used:         .zero 6 + 8 * QUEUE_SIZE
    .align 4
written:      .zero 512
read:         .zero 512
    .zero 1024
    .align 4
stack_end:
    .word 0
