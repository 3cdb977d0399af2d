# From a trap into C and back. sscratch holds the kernel stack's top while a program runs, and 0 while the kernel runs: so one
# vector serves both. The frame is struct trap_frame (trap.h): x0's place holds sepc.
.set FRAME, 33 * 4 + 12             # a multiple of 16, as the calling convention wants the stack

.text
.balign 4
.global trap_vector
trap_vector:
    csrrw   sp, sscratch, sp
    bnez    sp, 1f
    csrr    sp, sscratch            # from the kernel: go on with its own stack
1:  addi    sp, sp, -FRAME
    sw      x1, 1*4(sp)
    .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw      x\n, \n*4(sp)
    .endr
    csrr    t0, sscratch            # the interrupted stack pointer
    csrr    t1, sepc
    csrr    t2, sstatus
    csrw    sscratch, zero
    sw      t0, 2*4(sp)
    sw      t1, 0*4(sp)
    sw      t2, 32*4(sp)
    mv      a0, sp
    call    trap_handle

# Goes on where the frame at sp says. A new process begins here.
.global trap_return
trap_return:
    lw      t1, 0*4(sp)
    lw      t2, 32*4(sp)
    csrw    sepc, t1
    csrw    sstatus, t2
    andi    t2, t2, 0x100           # SPP
    bnez    t2, 1f
    addi    t0, sp, FRAME
    csrw    sscratch, t0
1:  lw      x1, 1*4(sp)
    .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw      x\n, \n*4(sp)
    .endr
    lw      sp, 2*4(sp)
    sret

# void context_switch(struct context *from, struct context *to): saves what a C function may expect to find unchanged.
.global context_switch
context_switch:
    sw      ra, 0*4(a0)
    sw      sp, 1*4(a0)
    sw      s0, 2*4(a0)
    sw      s1, 3*4(a0)
    .irp    n, 2,3,4,5,6,7,8,9,10,11
    sw      s\n, (\n+2)*4(a0)
    .endr
    lw      ra, 0*4(a1)
    lw      sp, 1*4(a1)
    lw      s0, 2*4(a1)
    lw      s1, 3*4(a1)
    .irp    n, 2,3,4,5,6,7,8,9,10,11
    lw      s\n, (\n+2)*4(a1)
    .endr
    ret

# uint32_t probe_load(const volatile uint32_t *from, uint32_t *value) and
# uint32_t probe_store(volatile uint32_t *to, uint32_t value): 0, or the cause of the trap that the access met. The trap handler
# sends a trap between probe_begin and probe_end to probe_failed with the cause in a0.
.global probe_load, probe_store, probe_begin, probe_end, probe_failed
probe_begin:
probe_load:
    lw      t0, 0(a0)
    sw      t0, 0(a1)
    li      a0, 0
    ret
probe_store:
    sw      a1, 0(a0)
    li      a0, 0
    ret
probe_end:
probe_failed:
    ret
