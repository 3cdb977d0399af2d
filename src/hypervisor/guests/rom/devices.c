/* What stands in the virtio slots. */
#include "machine.h"
#include "pages.h"
#include "riscv.h"
#include "rom.h"
#include "text.h"
#include "virtio.h"

#define MAGIC 0x74726976 /* "virt" */

uint32_t device_in(uint32_t slot) {
  if (slot >= machine.virtio_count) return 0;
  uintptr_t base = machine.virtio[slot].base;
  return register_read(base + MagicValue) == MAGIC && register_read(base + Version) == 2
             ? register_read(base + DeviceID)
             : 0;
}

const char *device_name(uint32_t slot) {
  static char name[8];
  uint32_t kind = device_in(slot), before = 0;
  for (uint32_t i = 0; i < slot; i++) before += device_in(i) == kind;
  char *at = name;
  const char *stem = kind == DEVICE_DISK ? "vd" : kind == DEVICE_NETWORK ? "net" : "slot ";
  while (*stem != 0) *at++ = *stem++;
  *at++ = kind == DEVICE_DISK ? (char)('a' + before) : (char)('0' + (kind == DEVICE_NETWORK ? before : slot));
  *at = 0;
  return name;
}

/* A queue's memory: the ROM uses a few queues, one after the other, and gets their pages from here. */
static uint8_t pages[8][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint32_t pages_used;

void *page_allocate(void) { return pages_used < 8 ? memset(pages[pages_used++], 0, PAGE_SIZE) : NULL; }

/* A device that has been reset writes nothing into memory any more. */
void service_exit(void) {
  for (uint32_t slot = 0; slot < machine.virtio_count; slot++)
    if (device_in(slot) != 0) register_write(machine.virtio[slot].base + Status, 0);
  pages_used = 0;
  disk_forget();
}

void panic(const char *text, ...) {
  print("boot: %s\n", text);
  for (;;) wait_for_interrupt();
}
