# The code in sector 0: it reads the loader from the sectors behind it (1 …), and runs it when it is whole. The ROM enters it with
# a0 = hart, a1 = device tree, a2 = virtio slot of the disk; the loader gets the same. When something is wrong it says so and returns.
.set SERVICES,     0x80100020       # of the boot ROM: read at 0, print at 4
.set LOADER,       0x80180200       # magic, size in sectors, a word that makes the sum 0, code
.set LOADER_MAGIC, 0x444c4256
.set LOADER_MOST,  128              # sectors

.globl _start
_start:
    addi    sp, sp, -32
    sw      ra, 0(sp)
    sw      s0, 4(sp)
    sw      s1, 8(sp)
    sw      s2, 12(sp)
    sw      s3, 16(sp)
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    li      s3, LOADER

# Its first sector tells how many there are.
    li      a2, 1
    jal     read
    bnez    a0, unreadable
    lw      t0, 0(s3)
    li      t1, LOADER_MAGIC
    bne     t0, t1, missing
    lw      a2, 4(s3)
    addi    t0, a2, -1
    li      t1, LOADER_MOST
    bgeu    t0, t1, missing
    jal     read
    bnez    a0, unreadable

# All words together are 0.
    lw      t0, 4(s3)
    slli    t0, t0, 9
    add     t0, t0, s3
    mv      t1, s3
    li      t2, 0
1:  lw      t3, 0(t1)
    add     t2, t2, t3
    addi    t1, t1, 4
    bltu    t1, t0, 1b
    bnez    t2, damaged

    mv      a0, s0
    mv      a1, s1
    mv      a2, s2
    addi    t0, s3, 12
    fence.i
    jalr    t0
    j       out

missing:
    la      s0, missing_text
    j       say
unreadable:
    la      s0, unreadable_text
    j       say
damaged:
    la      s0, damaged_text
say:
    lbu     a0, 0(s0)
    beqz    a0, out
    li      t0, SERVICES
    lw      t0, 4(t0)
    jalr    t0
    addi    s0, s0, 1
    j       say
out:
    lw      ra, 0(sp)
    lw      s0, 4(sp)
    lw      s1, 8(sp)
    lw      s2, 12(sp)
    lw      s3, 16(sp)
    addi    sp, sp, 32
    ret

# a2 sectors from sector 1 on to the loader's place; a0 is 0 when that went well.
read:
    mv      a0, s2
    li      a1, 1
    mv      a3, s3
    li      t0, SERVICES
    lw      t0, 0(t0)
    jr      t0

missing_text:    .asciz "boot sector: no loader behind it\n"
unreadable_text: .asciz "boot sector: the loader cannot be read\n"
damaged_text:    .asciz "boot sector: the loader is damaged\n"
