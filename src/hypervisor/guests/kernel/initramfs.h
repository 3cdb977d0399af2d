/* The initial file system: a cpio archive (format "newc") in memory, brought by the loader. Read only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct initramfs_entry {
  const char *name;
  uint32_t mode, size;
  const uint8_t *bytes;
};

#define MODE_KIND 0170000
#define MODE_DIRECTORY 0040000
#define MODE_LINK 0120000

void initramfs_init(void);
/* The entry after `*at` (0: the first); false at the end. */
bool initramfs_next(uint32_t *at, struct initramfs_entry *entry);
bool initramfs_entry_of(const char *path, struct initramfs_entry *entry);
/* The contents of a file by its absolute path; a link is followed once. */
bool initramfs_find(const char *path, const uint8_t **bytes, uint32_t *size);
