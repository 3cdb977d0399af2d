#include "sbi.h"
#include "log.h"
#include "riscv.h"

/* Extension numbers (chapters 4 to 12). */
#define EXTENSION_BASE 0x10
#define EXTENSION_TIME 0x54494d45
#define EXTENSION_SRST 0x53525354
#define EXTENSION_DBCN 0x4442434e
#define LEGACY_PUTCHAR 1
#define LEGACY_GETCHAR 2

struct result {
  int32_t error;
  uint32_t value;
};

static bool debug_console;

/* The calling convention (chapter 3): extension in a7, function in a6, result in a0 and a1. */
static struct result call(uint32_t extension, uint32_t function, uint32_t x, uint32_t y, uint32_t z) {
  register uint32_t a0 asm("a0") = x;
  register uint32_t a1 asm("a1") = y;
  register uint32_t a2 asm("a2") = z;
  register uint32_t a6 asm("a6") = function;
  register uint32_t a7 asm("a7") = extension;
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  return (struct result){(int32_t)a0, a1};
}

/* Base extension (4): version of the specification, who implements it, and whether an extension is there. */
void sbi_probe(void) {
  uint32_t version = call(EXTENSION_BASE, 0, 0, 0, 0).value;
  uint32_t implementation = call(EXTENSION_BASE, 1, 0, 0, 0).value;
  debug_console = call(EXTENSION_BASE, 3, EXTENSION_DBCN, 0, 0).value != 0;
  log_line("sbi: version %u.%u, implementation 0x%x, console by %s", version >> 24, version & 0xffffff,
           implementation, sbi_console_name());
  if (call(EXTENSION_BASE, 3, EXTENSION_TIME, 0, 0).value == 0) panic("sbi: no timer extension (TIME)");
}

const char *sbi_console_name(void) { return debug_console ? "DBCN" : "the legacy calls"; }

/* Debug console (12): write byte is function 2, read function 1 with the address of a buffer. */
void sbi_put(char c) {
  if (debug_console)
    call(EXTENSION_DBCN, 2, (uint8_t)c, 0, 0);
  else
    call(LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0);
}

int sbi_get(void) {
  if (!debug_console) return call(LEGACY_GETCHAR, 0, 0, 0, 0).error;
  static volatile uint8_t byte; /* the kernel's addresses are physical ones too */
  struct result result = call(EXTENSION_DBCN, 1, 1, (uintptr_t)&byte, 0);
  return result.error == 0 && result.value == 1 ? byte : -1;
}

/* Timer (6): an interrupt when `time` reaches `when`; it also takes back the one that is pending. */
void sbi_set_timer(uint64_t when) { call(EXTENSION_TIME, 0, (uint32_t)when, (uint32_t)(when >> 32), 0); }

/* System reset (10). */
void sbi_system_reset(uint32_t type, uint32_t reason) {
  call(EXTENSION_SRST, 0, type, reason, 0);
  panic("sbi: system reset (SRST) returned");
}
