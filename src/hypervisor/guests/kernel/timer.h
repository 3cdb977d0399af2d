/* Time: the counter that never stops, and the one alarm that the hart has. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define NEVER UINT64_MAX

/* Ticks of the `time` register since power-on. */
uint64_t time_now(void);
uint64_t microseconds(uint64_t ticks);
uint64_t ticks_from_milliseconds(uint32_t milliseconds);
/* An interrupt at `when` at the latest; an earlier alarm stands. */
void timer_arm(uint64_t when);
/* The alarm has rung. */
void timer_interrupt(void);
