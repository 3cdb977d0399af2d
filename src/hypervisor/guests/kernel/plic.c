#include "plic.h"
#include <stddef.h>
#include "log.h"
#include "machine.h"
#include "riscv.h"

/* Memory map (chapter 3). */
#define PRIORITY(source) (machine.plic + 4 * (source))
#define ENABLE(source) (machine.plic + 0x2000 + 0x80 * machine.plic_context + (source) / 32 * 4)
#define THRESHOLD (machine.plic + 0x200000 + 0x1000 * machine.plic_context)
#define CLAIM (THRESHOLD + 4)

#define SOURCES 32

static struct {
  void (*handle)(void *context);
  void *context;
} handlers[SOURCES];

void plic_enable(uint32_t source, void (*handle)(void *context), void *context) {
  if (machine.plic == 0 || source == 0 || source >= SOURCES) panic("plic: no interrupt source %u", source);
  handlers[source].handle = handle;
  handlers[source].context = context;
  register_write(PRIORITY(source), 1);
  register_write(ENABLE(source), register_read(ENABLE(source)) | 1u << source % 32);
  register_write(THRESHOLD, 0);
}

void plic_handle(void) {
  /* A claim (chapter 7) takes the most urgent one; 0 when none is left. Writing it back lets the device ask
   * again. */
  for (uint32_t source; (source = register_read(CLAIM)) != 0;) {
    if (source < SOURCES && handlers[source].handle != NULL)
      handlers[source].handle(handlers[source].context);
    register_write(CLAIM, source);
  }
}
