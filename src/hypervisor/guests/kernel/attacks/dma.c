/*
 * Lets the disk do what the processor may not: the device gets an address outside of this machine's memory
 * for its data, and reads a sector to there, or writes from there to the disk. The second stage of
 * translation does not see a device's accesses; whoever plays the device has to check the address.
 */
#include <stddef.h>
#include "../blockDevice.h"
#include "../fsLock.h"
#include "../process.h"
#include "../syscall.h"

/* The physical address in a[0], the sector of vda in a[1]; a[2]: from memory to disk, else from disk to
 * memory. */
int sys_dma(const uint32_t *a) {
  const struct volume *volume = volume_of("vda");
  if (volume == NULL) return -ENODEV;
  void *target = (void *)a[0];
  fs_lock();
  int error = volume->disk->request(volume->disk, a[2] ? REQUEST_WRITE : REQUEST_READ, a[1], &target, 1);
  fs_unlock();
  return error;
}
