#include "bufferCache.h"
#include "fat.h"
#include "log.h"
#include "text.h"

struct fat fat;

bool fat_is_mounted(void) { return fat.volume != NULL; }

struct buffer *fat_sector(uint32_t sector) {
  return buffer_get(fat.volume->disk, fat.volume->start + sector, true);
}

static uint32_t u16(const uint8_t *at) { return at[0] | at[1] << 8; }
static uint32_t u32(const uint8_t *at) { return u16(at) | u16(at + 2) << 16; }

/* The BIOS parameter block (chapter 3), field by field by its offset. */
bool fat_mount(struct volume *volume, const char **why) {
  const struct buffer *boot = buffer_get(volume->disk, volume->start, true);
  *why = "its first sector cannot be read";
  if (boot == NULL) return false;
  const uint8_t *b = boot->bytes;
  *why = "no FAT file system on it";
  uint32_t reserved = u16(b + 14), root_entries = u16(b + 17);
  uint32_t total = u16(b + 19) != 0 ? u16(b + 19) : u32(b + 32);
  if (b[510] != 0x55 || b[511] != 0xaa || u16(b + 11) != SECTOR_SIZE || b[13] == 0 || b[16] == 0 ||
      reserved == 0)
    return false;
  struct fat found = {.volume = volume, .sectors_per_cluster = b[13], .table = reserved, .tables = b[16]};
  found.table_sectors = u16(b + 22) != 0 ? u16(b + 22) : u32(b + 36);
  found.root = reserved + found.tables * found.table_sectors;
  found.root_sectors = (root_entries * sizeof(struct fat_entry) + SECTOR_SIZE - 1) / SECTOR_SIZE;
  found.data = found.root + found.root_sectors;
  if (found.table_sectors == 0 || total > volume->sectors || total <= found.data) return false;
  /* The number of clusters, and nothing else, tells the kind (3.5). */
  found.clusters = (total - found.data) / found.sectors_per_cluster;
  *why = "its file system is FAT12, which is too small to be a root";
  if (found.clusters < 4085) return false;
  found.wide = found.clusters >= 65525;
  *why = "its file allocation table is shorter than its clusters";
  if ((found.clusters + 2) * (found.wide ? 4 : 2) > found.table_sectors * SECTOR_SIZE) return false;
  if (found.wide) {
    found.root_cluster = u32(b + 44);
    found.information = u16(b + 48) < reserved ? u16(b + 48) : 0;
  }
  fat = found;
  log_line("fat: %s is FAT%u, %u clusters of %u bytes", volume->name, found.wide ? 32 : 16, found.clusters,
           found.sectors_per_cluster * SECTOR_SIZE);
  return true;
}
