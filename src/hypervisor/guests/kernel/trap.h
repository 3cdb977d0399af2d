/* Traps into the kernel: system calls, page faults, interrupts. */
#pragma once
#include <stdint.h>

/* As trapEntry.S stores it: x[0] is sepc, x[n] is register n; a multiple of 16 bytes. */
struct trap_frame {
  uint32_t x[32];
  uint32_t sstatus;
  uint32_t unused[3];
};

/* Registers that have a meaning at a system call. */
enum { SEPC = 0, SP = 2, A0 = 10, A1, A2, A3, A4, A7 = 17 };

void trap_init(void);
/* Goes on with the current process as its trap frame says, for a process that has not run yet. */
void enter_user(void) __attribute__((noreturn));
/* Handles all interrupts that are pending. */
void interrupts_handle(void);
