# Where the firmware jumps: S mode, no translation, a0 = this hart, a1 = the device tree (RISC-V boot convention).
.section .text.start
.global _start
_start:
    csrw    sie, zero
    la      sp, boot_stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  sw      zero, 0(t0)             # C expects variables without a value to be zero
    sw      zero, 4(t0)
    sw      zero, 8(t0)
    sw      zero, 12(t0)
    addi    t0, t0, 16
    bltu    t0, t1, 1b
    tail    kernel_main

.section .bss
.balign 16
    .space  4096
boot_stack_top:
