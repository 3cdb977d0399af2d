/* Text goes out by SBI's debug console (SBI 2.0, 12), or by the legacy call where that is missing. */
#include <stdarg.h>
#include "rom.h"
#include "text.h"

static uint32_t call(uint32_t extension, uint32_t function, uint32_t x) {
  register uint32_t a0 asm("a0") = x;
  register uint32_t a1 asm("a1") = 0;
  register uint32_t a6 asm("a6") = function;
  register uint32_t a7 asm("a7") = extension;
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  return a0;
}

#define DEBUG_CONSOLE 0x4442434e
#define WRITE_BYTE 2
#define LEGACY_PUTCHAR 1

static void put(char c, void *context) {
  (void)context;
  if (c == '\n') put('\r', NULL);
  if (call(DEBUG_CONSOLE, WRITE_BYTE, (uint8_t)c) != 0) call(LEGACY_PUTCHAR, 0, (uint8_t)c);
}

void service_print(char c) { put(c, NULL); }

void print(const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  format(put, NULL, text, arguments);
  va_end(arguments);
}
