# Runs work(ROUNDS) in S-mode with Sv32 on: all of RAM's first 8 MiB in superpages. Then says so in `tohost`; the sum is in a0.
        .globl  _start
_start: la      sp, stack
        la      t0, table
        li      t1, 0x200000cf          # 0x8000_0000, D A X W R V
        addi    t2, t0, 0x400
        addi    t2, t2, 0x400
        sw      t1, 0(t2)
        li      t1, 0x201000cf
        sw      t1, 4(t2)
        srli    t0, t0, 12
        li      t1, 0x80000000
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, trap
        csrw    mtvec, t0
        la      t0, inside
        csrw    mepc, t0
        li      t0, 0x800
        csrs    mstatus, t0
        mret
inside: li      a0, ROUNDS
        call    work
        ecall
        .align  2
trap:   la      t0, tohost
        li      t1, 1
        sw      t1, 0(t0)
1:      j       1b

        .bss
        .align  12
table:  .space  4096
        .space  16384
stack:  .align  6
        .globl  tohost
tohost: .space  64
