#include "log.h"
#include "console.h"
#include "riscv.h"
#include "text.h"
#include "timer.h"

static char kept[8192];
static uint32_t length;

/* The first lines are worth more than the last: a full log keeps the boot. */
static void put(char c, void *context) {
  (void)context;
  if (length < sizeof kept) kept[length++] = c;
  console_put(c);
}

static void print(const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  format(put, NULL, text, arguments);
  va_end(arguments);
}

static void line(const char *start, const char *text, va_list arguments) {
  uint32_t fraction;
  uint32_t seconds = (uint32_t)divide(microseconds(time_now()), 1000000, &fraction);
  print("[%5u.%06u] %s", seconds, fraction, start);
  format(put, NULL, text, arguments);
  put('\n', NULL);
}

void log_line(const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  line("", text, arguments);
  va_end(arguments);
}

void panic(const char *text, ...) {
  csr_write(sie, 0);
  va_list arguments;
  va_start(arguments, text);
  line("Kernel panic - not syncing: ", text, arguments);
  va_end(arguments);
  for (;;) wait_for_interrupt();
}

uint32_t log_read(uint32_t offset, char *buffer, uint32_t size) {
  uint32_t left = offset < length ? length - offset : 0;
  if (size > left) size = left;
  memcpy(buffer, kept + offset, size);
  return size;
}
