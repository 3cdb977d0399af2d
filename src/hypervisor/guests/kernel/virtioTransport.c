/* The transport in memory (4.2): agreeing on features, status, interrupts. The boot ROM is built with it too.
 */
#include "riscv.h"
#include "virtio.h"

#define FEATURE_VERSION_1 1 /* bit 32: bit 0 of the second word */

bool virtio_negotiate(uintptr_t base, uint32_t wanted, uint32_t *accepted) {
  register_write(base + Status, 0); /* reset */
  register_write(base + Status, STATUS_ACKNOWLEDGE);
  register_write(base + Status, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
  register_write(base + DeviceFeaturesSel, 0);
  *accepted = register_read(base + DeviceFeatures) & wanted;
  register_write(base + DriverFeaturesSel, 0);
  register_write(base + DriverFeatures, *accepted);
  register_write(base + DriverFeaturesSel, 1);
  register_write(base + DriverFeatures, FEATURE_VERSION_1);
  register_write(base + Status, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
  if (register_read(base + Status) & STATUS_FEATURES_OK) return true; /* read again: the device may refuse */
  register_write(base + Status, STATUS_FAILED);
  return false;
}

void virtio_ready(uintptr_t base) {
  register_write(base + Status, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

void virtio_acknowledge(uintptr_t base) {
  register_write(base + InterruptACK, register_read(base + InterruptStatus));
}
