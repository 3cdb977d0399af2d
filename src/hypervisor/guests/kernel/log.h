/* What the kernel says: to the console at once, and kept for `dmesg`. */
#pragma once
#include <stdint.h>

/* One line with the time since power-on before it; a line end is added. */
void log_line(const char *text, ...);
/* For a state that the kernel cannot go on from. */
void panic(const char *text, ...) __attribute__((noreturn));
/* What has been kept, from byte `offset` on; 0 at its end. */
uint32_t log_read(uint32_t offset, char *buffer, uint32_t size);
