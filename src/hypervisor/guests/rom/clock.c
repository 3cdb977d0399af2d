/* Time, and waiting without work: the processor sleeps until a timer of SBI's (6) wakes it. */
#include "machine.h"
#include "riscv.h"
#include "rom.h"
#include "text.h"

#define TIMER_EXTENSION 0x54494d45

/* Read again when the upper half has changed meanwhile. */
static uint64_t ticks(void) {
  uint32_t high, low;
  do {
    high = csr_read(timeh);
    low = csr_read(time);
  } while (csr_read(timeh) != high);
  return (uint64_t)high << 32 | low;
}

static uint32_t ticks_in_microsecond(void) {
  return machine.timebase >= 1000000 ? machine.timebase / 1000000 : 1;
}

uint32_t now(void) {
  uint32_t rest;
  return (uint32_t)divide(ticks(), ticks_in_microsecond(), &rest);
}

static void set_timer(uint64_t when) {
  register uint32_t a0 asm("a0") = (uint32_t)when;
  register uint32_t a1 asm("a1") = (uint32_t)(when >> 32);
  register uint32_t a6 asm("a6") = 0;
  register uint32_t a7 asm("a7") = TIMER_EXTENSION;
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

/* A disk or a near server answers within some ten microseconds; who has not answered by then will take his
 * time. */
void relax(uint32_t passed) {
  if (passed < 50) return;
  uint32_t nap = passed < 10000 ? 200 : 5000;
  set_timer(ticks() + (uint64_t)nap * ticks_in_microsecond());
  csr_set(sie, INTERRUPT_TIMER);
  wait_for_interrupt(); /* an interrupt that is pending ends it, although none is taken (12.1.3, sstatus.SIE
                           is 0) */
  csr_clear(sie, INTERRUPT_TIMER);
  set_timer(~(uint64_t)0);
}
