/*
 * Sectors in memory. A write changes only the copy here: it is on the disk when it was needed elsewhere for
 * another sector, or after buffers_sync, and not before. Use it with the file-system lock held (fsLock.h); a
 * buffer stays good while fewer than BUFFERS others are asked for.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "blockDevice.h"

#define BUFFERS 128

struct buffer {
  uint8_t bytes[SECTOR_SIZE];
  struct disk *disk; /* NULL: unused */
  uint64_t sector;
  uint32_t last_use;
  bool dirty;
};

/* `contents` false: the caller overwrites the whole sector, so that it need not be read. NULL after an I/O
 * error. */
struct buffer *buffer_get(struct disk *disk, uint64_t sector, bool contents);
void buffer_changed(struct buffer *buffer);
/* Writes what changed, and makes the disks empty their own caches. 0 or -EIO. */
int buffers_sync(void);
uint32_t buffers_in_use(void);
uint32_t buffers_dirty(void);
