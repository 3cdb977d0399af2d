#include "timer.h"
#include "machine.h"
#include "process.h"
#include "riscv.h"
#include "sbi.h"
#include "text.h"

static bool is_armed;
static uint64_t armed;

/* The two halves of a 64-bit counter cannot be read at once: if the upper one moved in between, read again
 * (Zicntr). */
uint64_t time_now(void) {
  for (;;) {
    uint32_t high = csr_read(timeh);
    uint32_t low = csr_read(time);
    if (csr_read(timeh) == high) return (uint64_t)high << 32 | low;
  }
}

uint64_t microseconds(uint64_t ticks) {
  uint32_t ticks_per_microsecond = machine.timebase / 1000000;
  uint32_t rest;
  return divide(ticks, ticks_per_microsecond > 0 ? ticks_per_microsecond : 1, &rest);
}

uint64_t ticks_from_milliseconds(uint32_t milliseconds) {
  return (uint64_t)milliseconds * (machine.timebase / 1000);
}

void timer_arm(uint64_t when) {
  if (when == NEVER || (is_armed && when >= armed)) return;
  is_armed = true;
  armed = when;
  sbi_set_timer(when);
}

void timer_interrupt(void) {
  is_armed = false;
  sbi_set_timer(NEVER); /* this takes the pending interrupt back */
  processes_wake_expired();
}
