#include "virtio.h"
#include "initramfs.h"
#include "log.h"
#include "machine.h"
#include "pages.h"
#include "riscv.h"
#include "text.h"
#include "virtioDrivers.h"

#define MAGIC 0x74726976 /* "virt" */

static const struct virtio_driver drivers[] = {
    {"virtio_net", 1, virtio_net_probe},
    {"virtio_blk", 2, virtio_block_probe},
    {"virtio_balloon", 5, virtio_balloon_probe},
};
#define COUNT (sizeof drivers / sizeof *drivers)

/* etc/modules: a driver's name on each line. Without the file no driver is started. */
static bool is_listed(const char *name) {
  const uint8_t *bytes;
  uint32_t size, length = strlen(name);
  if (!initramfs_find("etc/modules", &bytes, &size)) return false;
  for (uint32_t at = 0, end; at < size; at = end + 1) {
    for (end = at; end < size && bytes[end] != '\n'; end++) continue;
    if (end - at == length && memcmp(bytes + at, name, length) == 0) return true;
  }
  return false;
}

static const struct virtio_driver *driver_of(uint32_t device) {
  for (uint32_t i = 0; i < COUNT; i++)
    if (drivers[i].device == device) return &drivers[i];
  return NULL;
}

void virtio_init(void) {
  uint32_t found[COUNT] = {0};
  for (uint32_t slot = 0; slot < machine.virtio_count; slot++) {
    uintptr_t base = machine.virtio[slot].base;
    uint32_t device = register_read(base + DeviceID);
    if (register_read(base + MagicValue) != MAGIC || device == 0) continue; /* an empty slot */
    const struct virtio_driver *driver = driver_of(device);
    if (register_read(base + Version) != 2) {
      log_line("virtio: device %u at 0x%x has the legacy interface, which has no driver here", device, base);
    } else if (driver == NULL) {
      log_line("virtio: device %u at 0x%x, no driver", device, base);
    } else if (!is_listed(driver->name)) {
      log_line("virtio: device %u at 0x%x, driver %s is not in the initramfs (etc/modules)", device, base,
               driver->name);
    } else {
      driver->probe(found[driver - drivers]++, base, machine.virtio[slot].interrupt);
    }
  }
}
