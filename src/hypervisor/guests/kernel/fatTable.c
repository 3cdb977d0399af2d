/* The file allocation table (chapter 4): for each cluster the next one of its file. */
#include "bufferCache.h"
#include "fat.h"
#include "text.h"

#define END_OF_CHAIN 0x0fffffff
/* FAT32 entries have 28 bits; the upper four are kept as they are. */
#define WIDE_MASK 0x0fffffffu

static uint32_t width(void) { return fat.wide ? 4 : 2; }

bool fat_is_cluster(uint32_t cluster) { return cluster >= 2 && cluster < fat.clusters + 2; }

/* Entry `cluster` in copy `copy` of the table. */
static struct buffer *entry_sector(uint32_t copy, uint32_t cluster, uint32_t *offset) {
  *offset = cluster * width() % SECTOR_SIZE;
  return fat_sector(fat.table + copy * fat.table_sectors + cluster * width() / SECTOR_SIZE);
}

static bool get(uint32_t cluster, uint32_t *value) {
  uint32_t offset;
  const struct buffer *b = entry_sector(0, cluster, &offset);
  if (b == NULL) return false;
  *value =
      fat.wide ? *(const uint32_t *)(b->bytes + offset) & WIDE_MASK : *(const uint16_t *)(b->bytes + offset);
  return true;
}

static void set(uint32_t cluster, uint32_t value) {
  for (uint32_t copy = 0; copy < fat.tables; copy++) {
    uint32_t offset;
    struct buffer *b = entry_sector(copy, cluster, &offset);
    if (b == NULL) continue;
    if (fat.wide) {
      uint32_t *entry = (uint32_t *)(b->bytes + offset);
      *entry = (*entry & ~WIDE_MASK) | (value & WIDE_MASK);
    } else {
      *(uint16_t *)(b->bytes + offset) = (uint16_t)value;
    }
    buffer_changed(b);
  }
}

uint32_t fat_cluster_sector(uint32_t cluster) { return fat.data + (cluster - 2) * fat.sectors_per_cluster; }

uint32_t fat_next(uint32_t cluster) {
  uint32_t value;
  return fat_is_cluster(cluster) && get(cluster, &value) && fat_is_cluster(value) ? value : 0;
}

/* FSInfo (chapter 5) may say "not known": better than a number that is wrong after a power cut. */
static void forget_free_count(void) {
  struct buffer *b = fat.information != 0 ? fat_sector(fat.information) : NULL;
  if (b == NULL || *(uint32_t *)(b->bytes + 488) == 0xffffffff) return;
  *(uint32_t *)(b->bytes + 488) = 0xffffffff; /* FSI_Free_Count */
  *(uint32_t *)(b->bytes + 492) = 0xffffffff; /* FSI_Nxt_Free */
  buffer_changed(b);
}

static void clear_cluster(uint32_t cluster) {
  for (uint32_t i = 0; i < fat.sectors_per_cluster; i++) {
    struct buffer *b =
        buffer_get(fat.volume->disk, fat.volume->start + fat_cluster_sector(cluster) + i, false);
    if (b == NULL) continue;
    memset(b->bytes, 0, SECTOR_SIZE);
    buffer_changed(b);
  }
}

/* Where the last free cluster was found, and whether there was none: a full volume is searched once. */
static uint32_t hint;
static bool full;

uint32_t fat_append(uint32_t previous, bool clear) {
  if (full) return 0;
  for (uint32_t i = 0; i < fat.clusters; i++) {
    uint32_t cluster = 2 + (hint + i) % fat.clusters, value;
    if (!get(cluster, &value)) return 0;
    if (value != 0) continue;
    hint = cluster - 1; /* the search goes on behind it */
    set(cluster, END_OF_CHAIN);
    if (previous != 0) set(previous, cluster);
    if (clear) clear_cluster(cluster);
    forget_free_count();
    return cluster;
  }
  full = true;
  return 0;
}

void fat_free_chain(uint32_t cluster) {
  full = false;
  /* A chain that bites its tail ends too: an entry set free has no next. */
  while (fat_is_cluster(cluster)) {
    uint32_t next = fat_next(cluster);
    set(cluster, 0);
    cluster = next;
  }
  forget_free_count();
}
