/* The boot order: slots in the device tree's /chosen, as whoever owns the machine wishes it; nothing else is
 * tried then. Without it, disks in the order of their slots, and after them network cards. */
#include "machine.h"
#include "rom.h"
#include "treeWalk.h"

static uint32_t of_kind(uint32_t kind, uint32_t *slots, uint32_t count, uint32_t most) {
  for (uint32_t slot = 0; slot < machine.virtio_count && count < most; slot++)
    if (device_in(slot) == kind) slots[count++] = slot;
  return count;
}

uint32_t boot_order(const void *tree, uint32_t *slots, uint32_t most) {
  uint32_t size, count = 0;
  const uint8_t *cells = chosen_property(tree, "virtbook,boot-order", &size);
  if (cells == NULL) {
    count = of_kind(DEVICE_DISK, slots, count, most);
    return of_kind(DEVICE_NETWORK, slots, count, most);
  }
  for (; count < size / 4 && count < most; count++) slots[count] = tree_cell(cells + count * 4);
  return count;
}
