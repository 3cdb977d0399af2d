/* Reading a FAT16 or FAT32 file system (Microsoft, "FAT: General Overview of On-Disk Format" 1.03) through
 * the ROM's service. What is on the disk is not trusted: a chain ends after as many clusters as there are. */
#include "loader.h"
#include "fatName.h"
#include "text.h"

static struct {
  uint32_t slot, start, sectors; /* the partition */
  uint32_t cluster_sectors, table, root, root_sectors, root_cluster, data, clusters;
  bool wide; /* FAT32 */
} fat;

static uint8_t sector[SECTOR] __attribute__((aligned(4)));
static uint8_t table_sector[SECTOR] __attribute__((aligned(4)));
static uint32_t table_cached;

static uint32_t u16(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }
static uint32_t u32(const uint8_t *at) { return u16(at) | u16(at + 2) << 16; }

static bool read(uint32_t from, uint32_t count, void *to) {
  if (from >= fat.sectors || count > fat.sectors - from) return false;
  return SERVICES->read(fat.slot, fat.start + from, count, to) == DONE;
}

/* The first partition marked active that can hold a FAT; without one, the first that can. */
static bool find_partition(void) {
  uint32_t best = 0;
  if (SERVICES->read(fat.slot, 0, 1, sector) != DONE) return false;
  for (uint32_t i = 0; i < 4; i++) {
    const uint8_t *entry = sector + 446 + i * 16;
    uint8_t type = entry[4];
    bool suitable = type == 0x04 || type == 0x06 || type == 0x0b || type == 0x0c || type == 0x0e;
    uint32_t rank = !suitable || u32(entry + 12) == 0 ? 0 : entry[0] == 0x80 ? 2 : 1;
    if (rank <= best) continue;
    best = rank;
    fat.start = u32(entry + 8);
    fat.sectors = u32(entry + 12);
  }
  return best > 0 && fat.start > 0 && fat.start + fat.sectors > fat.start;
}

bool fat_open(uint32_t slot) {
  fat.slot = slot;
  table_cached = UINT32_MAX;
  if (!find_partition()) {
    print("loader: the disk has no FAT partition\n");
    return false;
  }
  const uint8_t *b = sector; /* the BIOS parameter block (chapter 3) */
  bool valid = read(0, 1, sector) && b[510] == 0x55 && b[511] == 0xaa && u16(b + 11) == SECTOR &&
               b[13] != 0 && u16(b + 14) != 0 && b[16] != 0;
  if (valid) {
    uint32_t table_sectors = u16(b + 22) != 0 ? u16(b + 22) : u32(b + 36);
    uint32_t total = u16(b + 19) != 0 ? u16(b + 19) : u32(b + 32);
    fat.cluster_sectors = b[13];
    fat.table = u16(b + 14);
    fat.root = fat.table + b[16] * table_sectors;
    fat.root_sectors = (u16(b + 17) * 32 + SECTOR - 1) / SECTOR;
    fat.data = fat.root + fat.root_sectors;
    valid = table_sectors < 1u << 22 && total <= fat.sectors && fat.data < total;
    fat.clusters = valid ? (total - fat.data) / fat.cluster_sectors : 0;
    fat.wide = fat.clusters >= 65525; /* the number of clusters, and nothing else, tells the kind (3.5) */
    fat.root_cluster = fat.wide ? u32(b + 44) : 0;
    valid = fat.clusters >= 4085 && (fat.clusters + 2) * (fat.wide ? 4 : 2) <= table_sectors * SECTOR;
  }
  if (!valid) print("loader: the partition at sector %u has no FAT16 or FAT32 file system\n", fat.start);
  return valid;
}

/* What follows a cluster in its chain; 0 at the end and for nonsense. */
static uint32_t next_cluster(uint32_t cluster) {
  uint32_t at = cluster * (fat.wide ? 4 : 2), number = fat.table + at / SECTOR;
  if (number != table_cached && !read(number, 1, table_sector)) return 0;
  table_cached = number;
  uint32_t next = fat.wide ? u32(table_sector + at % SECTOR) & 0x0fffffff : u16(table_sector + at % SECTOR);
  return next >= 2 && next < fat.clusters + 2 ? next : 0;
}

static uint32_t sector_of(uint32_t cluster) { return fat.data + (cluster - 2) * fat.cluster_sectors; }

struct found {
  uint32_t cluster, size;
  bool directory;
};

/* Looks through some sectors of a directory. 1: found, 0: not here, -1: it ends here. */
static int look_in(uint32_t from, uint32_t count, const char *name, uint32_t length, struct found *found) {
  for (; count > 0; from++, count--) {
    if (!read(from, 1, sector)) return -1;
    for (const uint8_t *entry = sector; entry < sector + SECTOR; entry += 32) {
      if (entry[0] == 0) return -1;
      if (!name_matches(entry, name, length)) continue;
      *found = (struct found){u16(entry + 26) | (fat.wide ? u16(entry + 20) << 16 : 0), u32(entry + 28),
                              (entry[11] & 0x10) != 0};
      return 1;
    }
  }
  return 0;
}

static bool look(uint32_t directory, const char *name, uint32_t length, struct found *found) {
  name_begin();
  if (directory == 0) return look_in(fat.root, fat.root_sectors, name, length, found) == 1;
  for (uint32_t left = fat.clusters; directory >= 2 && directory < fat.clusters + 2 && left > 0; left--) {
    int result = look_in(sector_of(directory), fat.cluster_sectors, name, length, found);
    if (result != 0) return result == 1;
    directory = next_cluster(directory);
  }
  return false;
}

static bool find(const char *path, struct found *found) {
  *found = (struct found){fat.root_cluster, 0, true};
  while (*path == '/') path++;
  while (*path != 0) {
    uint32_t length = 0;
    while (path[length] != 0 && path[length] != '/') length++;
    if (!found->directory || !look(found->cluster, path, length, found)) return false;
    for (path += length; *path == '/';) path++;
  }
  return !found->directory;
}

/* Clusters that lie one behind the other are read at once. The chain has to end where the file does: one that
 * leads back into itself, or into another file, would give a kernel of the right size with the wrong bytes.
 */
static bool load(uint32_t cluster, uint32_t size, uint8_t *to) {
  uint32_t sectors = (size + SECTOR - 1) / SECTOR;
  while (sectors > 0) {
    if (cluster < 2 || cluster >= fat.clusters + 2) return false;
    uint32_t first = cluster, last = cluster, run = fat.cluster_sectors;
    while ((cluster = next_cluster(last)) == last + 1 && run < sectors && run < 128)
      last++, run += fat.cluster_sectors;
    uint32_t count = run < sectors ? run : sectors;
    if (!read(sector_of(first), count, to)) return false;
    to += count * SECTOR;
    sectors -= count;
  }
  return cluster == 0;
}

int fat_load(const char *path, uint8_t *to, uint32_t most, bool quiet) {
  struct found found;
  if (!find(path, &found)) {
    if (!quiet) print("loader: there is no file %s on the disk\n", path);
    return -1;
  }
  if (found.size > most || ((found.size + SECTOR - 1) & ~(SECTOR - 1)) > most) {
    print("loader: %s has %u bytes, and there is room for %u\n", path, found.size, most);
    return -1;
  }
  if (load(found.cluster, found.size, to)) return (int)found.size;
  print("loader: %s cannot be read: a sector of it, or its chain of clusters, is damaged\n", path);
  return -1;
}
