/* The FAT16 and FAT32 file systems (Microsoft's FAT specification 1.03), with names of 8.3 characters. Hold
 * the lock of fsLock.h. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "blockDevice.h"
#include "file.h"

/* Where things lie on the mounted volume; sectors count from its first one. */
struct fat {
  struct volume *volume;
  bool wide; /* FAT32 */
  uint32_t sectors_per_cluster;
  uint32_t table, table_sectors, tables;
  uint32_t root, root_sectors; /* FAT16: the root directory's own place */
  uint32_t root_cluster;       /* FAT32: it is a chain like all others */
  uint32_t data;               /* the first sector of cluster 2 */
  uint32_t clusters;
  uint32_t information; /* FAT32: the sector that counts free clusters; 0: none */
};

extern struct fat fat;

/* 0, or why not in `*why`. */
bool fat_mount(struct volume *volume, const char **why);
bool fat_is_mounted(void);
struct buffer *fat_sector(uint32_t sector);

/* fatTable.c. Clusters are linked; 0: none. */
uint32_t fat_next(uint32_t cluster);
/* A free cluster, appended to `previous` unless that is 0, full of zeros when `clear`; 0: the volume is full.
 */
uint32_t fat_append(uint32_t previous, bool clear);
void fat_free_chain(uint32_t cluster);
/* What a damaged entry says may be no cluster at all: ask before following it. */
bool fat_is_cluster(uint32_t cluster);
uint32_t fat_cluster_sector(uint32_t cluster);

/* fatDirectory.c: an entry of 32 bytes (chapter 6), and where it lies. */
struct fat_entry {
  uint8_t name[11];
  uint8_t attributes, case_bits, created_tenths;
  uint16_t created_time, created_date, accessed_date, cluster_high, written_time, written_date, cluster_low;
  uint32_t size;
};

#define ATTRIBUTE_VOLUME 0x08
#define ATTRIBUTE_DIRECTORY 0x10

struct fat_place {
  uint32_t sector, offset; /* sector 0: the root directory, which has no entry */
};

/* After a chain was freed: what is remembered of a directory may be gone. */
void fat_directory_forget(void);
/* The directory that holds the last part of the path, and that part. */
int fat_parent(const char *path, uint32_t *directory, const char **name);
int fat_find(uint32_t directory, const char *name, struct fat_place *place);
int fat_create(uint32_t directory, const char *name, uint8_t attributes, uint32_t cluster,
               struct fat_place *place);
/* The entry with number `*index` or the first one behind it that names something; false at the end. */
bool fat_list(uint32_t directory, uint32_t *index, struct directory_entry *result);
/* NULL when its sector cannot be read. */
struct fat_entry *fat_entry_at(struct fat_place place);
/* After fat_entry_at: its sector is in memory. */
void fat_entry_changed(struct fat_place place);
static inline uint32_t fat_entry_cluster(const struct fat_entry *entry) {
  return (fat.wide ? (uint32_t)entry->cluster_high << 16 : 0) | entry->cluster_low;
}

/* fatFile.c: the calls of file.c. */
int fat_open(const char *path, uint32_t flags, struct file **file);
int fat_unlink(const char *path);
int fat_make_directory(const char *path);
