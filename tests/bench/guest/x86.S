# A Multiboot kernel (Multiboot Specification 0.6.96, 3.1) that runs work(ROUNDS) with paging on: the first 8 MiB in 4 MiB pages. Its serial
# port gets '<' before, then the sum in eight letters a to p, four bits each, and '>'.
        .set    SERIAL, 0x3f8
        .section .multiboot, "a"
        .align  4
        .long   0x1badb002, 0, -0x1badb002
        .text
        .globl  _start
_start: movl    $stack, %esp
        movl    $table, %edi
        movl    $0x000000e3, (%edi)     # 0, PS D A W P
        movl    $0x004000e3, 4(%edi)
        movl    %edi, %cr3
        movl    %cr4, %eax
        orl     $0x10, %eax             # PSE
        movl    %eax, %cr4
        movl    %cr0, %eax
        orl     $0x80000000, %eax       # PG
        movl    %eax, %cr0
        movw    $SERIAL, %dx
        movb    $'<', %al
        outb    %al, %dx
        pushl   $ROUNDS
        call    work
        movl    %eax, %ebx
        movw    $SERIAL, %dx
        movl    $8, %ecx
1:      roll    $4, %ebx
        movl    %ebx, %eax
        andl    $15, %eax
        addl    $'a', %eax
        outb    %al, %dx
        loop    1b
        movb    $'>', %al
        outb    %al, %dx
2:      cli
        hlt
        jmp     2b

        .bss
        .align  4096
table:  .space  4096
        .space  16384
stack:
        .section .note.GNU-stack, "", @progbits
