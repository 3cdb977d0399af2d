# Where exec begins a program: a0 = argc, a1 = argv.
.section .text.start
.global _start
_start:
    call    main
    tail    exit
