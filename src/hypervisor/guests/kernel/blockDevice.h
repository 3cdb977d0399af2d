/* Disks, their partitions, and both as files in /dev. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define SECTOR_SIZE 512u
#define MAX_DISKS 4
#define MAX_SECTORS_AT_ONCE 8

/* The numbers are virtio's (5.2.6). */
#define REQUEST_READ 0
#define REQUEST_WRITE 1
#define REQUEST_FLUSH 4

struct disk {
  uint64_t sectors;
  bool read_only;
  bool can_flush; /* there is a cache behind it, which a flush empties */
  /* Up to MAX_SECTORS_AT_ONCE sectors from `sector` on, each at a place of its own; 0 or -EIO. Sleeps. */
  int (*request)(struct disk *disk, uint32_t type, uint64_t sector, void *const *sectors, uint32_t count);
};

/* A whole disk (vda) or a partition of it (vda1). */
struct volume {
  char name[8];
  struct disk *disk;
  uint64_t start, sectors;
  uint8_t type; /* the partition's, in the table */
};

/* A driver has found disk number `index`. */
void disk_found(struct disk *disk, uint32_t index);
/* Reads the partition tables; needs a process to sleep in. */
void partitions_scan(void);
struct volume *volume_of(const char *name);
/* In the order they were found; NULL behind the last. */
struct volume *volume_at(uint32_t index);

extern const struct file_operations volume_operations;
