/*
 * Takes the processor and never gives it back: interrupts off, an endless loop. Inside the guest nothing can
 * stop this any more; whether the other guests go on is up to the hypervisor, whose timer the guest cannot
 * turn off.
 */
#include "../log.h"
#include "../riscv.h"
#include "../syscall.h"

int sys_hog(const uint32_t *a) {
  (void)a;
  log_line("hog: interrupts off, for ever");
  csr_write(sie, 0);
  csr_clear(sstatus, SSTATUS_SIE);
  for (;;) asm volatile("");
}
