/* The border between the boot ROM and what it starts: places in memory, and the services at the ROM's head.
 */
#pragma once
#include <stdint.h>

/* Sector 0 of a disk goes here and is entered in S mode with a0 = hart, a1 = device tree, a2 = virtio slot of
 * the disk. It may return: the next device is tried then. */
#define BOOT_SECTOR 0x80180000u
/* A loader goes here: from the sectors behind the first, or from the network. */
#define LOADER 0x80180200u
#define LOADER_MAX 0x30000u
/* "VBLD": the first word of a loader. The second is its size in sectors, and all its words add up to 0. */
#define LOADER_MAGIC 0x444c4256u
/* Where a loader is entered, from its first byte on. */
#define LOADER_ENTRY 12
/* Kernels of this machine are linked to here; below it the memory is the firmware's. */
#define KERNEL_START 0x80200000u

#define SECTOR 512u

/* Why there is nothing; what each means in words is `reason_of`. */
enum reason {
  DONE = 0,
  NO_DEVICE = -1,
  NOT_BOOTABLE = -2,
  REFUSED = -3,
  TOO_SHORT = -4,
  READ_ERROR = -5,
  NO_ANSWER = -6,
  NO_SIGNATURE = -7,
  NO_OFFER = -8,
  NO_FILE_NAME = -9,
  NO_SERVER = -10,
  NOT_FOUND = -11,
  TFTP_ERROR = -12,
  TOO_LONG = -13,
  NO_LOADER = -14,
  LINK_DOWN = -15,
};

struct services {
  /* Sectors of the disk in a slot → memory. DONE or a reason. */
  int (*read)(uint32_t slot, uint32_t sector, uint32_t count, void *to);
  void (*print)(char c);
  /* The name under which the network brought the loader; NULL when it came from a disk. */
  const char *(*boot_file)(void);
  /* A file from the server that the loader came from. Its size, or a reason. */
  int (*fetch)(const char *path, void *to, uint32_t most);
  /* The loader needs no service any more: devices are silent from here on. */
  void (*exit)(void);
};
#define SERVICES ((const struct services *)0x80100020u)
