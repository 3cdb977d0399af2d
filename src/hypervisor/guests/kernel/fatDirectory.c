/* Directories (chapter 6): entries of 32 bytes; the first byte of a name says "free" (0xe5) or "free, and all
 * behind" (0). */
#include "bufferCache.h"
#include "fat.h"
#include "text.h"

#define FREE 0xe5
#define END 0x00
/* A directory is at most 2 MiB (6.1). */
#define MAX_ENTRIES 65536u
#define PER_SECTOR (SECTOR_SIZE / sizeof(struct fat_entry))
/* Windows NT's bits: the name, the extension is in lower case. Names that need more have entries of their
 * own, passed over here. */
#define LOWER_NAME 0x08
#define LOWER_EXTENSION 0x10
/* Without a clock every file is from the first day that FAT knows. */
#define FIRST_DAY (1 << 5 | 1)

/* Where the last search was: the next entry is mostly in the same cluster, or in the one behind it. */
static struct { uint32_t directory, number, cluster; } last;

void fat_directory_forget(void) { last.directory = 0; }

/* Cluster `number` of a directory's chain; 0: it is shorter. */
static uint32_t cluster_of(uint32_t directory, uint32_t number) {
  bool ahead = last.directory == directory && last.number <= number;
  uint32_t at = ahead ? last.number : 0, cluster = ahead ? last.cluster : directory;
  if (!fat_is_cluster(cluster)) return 0;
  for (; at < number; at++)
    if ((cluster = fat_next(cluster)) == 0) return 0;
  last.directory = directory, last.number = number, last.cluster = cluster;
  return cluster;
}

/* Where entry `index` of a directory lies; directory 0 is FAT16's root. False behind its last sector. */
static bool place_of(uint32_t directory, uint32_t index, struct fat_place *place) {
  if (index >= MAX_ENTRIES) return false; /* a chain that bites its tail would never end */
  uint32_t sector = index / PER_SECTOR;
  place->offset = index % PER_SECTOR * sizeof(struct fat_entry);
  if (directory == 0) {
    place->sector = fat.root + sector;
    return sector < fat.root_sectors;
  }
  uint32_t cluster = cluster_of(directory, sector / fat.sectors_per_cluster);
  if (cluster == 0) return false;
  place->sector = fat_cluster_sector(cluster) + sector % fat.sectors_per_cluster;
  return true;
}

struct fat_entry *fat_entry_at(struct fat_place place) {
  struct buffer *b = fat_sector(place.sector);
  return b != NULL ? (struct fat_entry *)(b->bytes + place.offset) : NULL;
}

void fat_entry_changed(struct fat_place place) { buffer_changed(fat_sector(place.sector)); }

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != 0 && strchr("_-~!#$%&@", c) != NULL);
}

/* One part of a name, up to `size` characters, padded with blanks. A part has one case. */
static bool pack(uint8_t *to, const char *from, uint32_t length, uint32_t size, bool *lower) {
  bool upper = false;
  *lower = false;
  if (length > size) return false;
  memset(to, ' ', size);
  for (uint32_t i = 0; i < length; i++) {
    if (!is_name_char(from[i])) return false;
    bool small = from[i] >= 'a' && from[i] <= 'z';
    *lower |= small;
    upper |= from[i] >= 'A' && from[i] <= 'Z';
    to[i] = (uint8_t)(small ? from[i] - 32 : from[i]);
  }
  return !(*lower && upper);
}

/* "notes.txt" as the entry has it: NOTES   TXT and two bits. */
static bool pack_name(uint8_t packed[11], uint8_t *case_bits, const char *name) {
  const char *dot = strchr(name, '.');
  uint32_t length = dot != NULL ? (uint32_t)(dot - name) : strlen(name);
  bool lower_name, lower_extension;
  if (length == 0 || !pack(packed, name, length, 8, &lower_name)) return false;
  const char *extension = dot != NULL ? dot + 1 : "";
  if (!pack(packed + 8, extension, strlen(extension), 3, &lower_extension)) return false;
  *case_bits = (lower_name ? LOWER_NAME : 0) | (lower_extension ? LOWER_EXTENSION : 0);
  return true;
}

static void unpack_part(char **to, const uint8_t *from, uint32_t size, bool lower) {
  while (size > 0 && from[size - 1] == ' ') size--;
  for (; size > 0; size--, from++)
    *(*to)++ = (char)(lower && *from >= 'A' && *from <= 'Z' ? *from + 32 : *from);
}

static void unpack_name(char *name, const struct fat_entry *entry) {
  unpack_part(&name, entry->name, 8, (entry->case_bits & LOWER_NAME) != 0);
  if (entry->name[8] != ' ') *name++ = '.';
  unpack_part(&name, entry->name + 8, 3, (entry->case_bits & LOWER_EXTENSION) != 0);
  *name = 0;
}

/* FAT tells no cases apart: the packed name alone counts. */
int fat_find(uint32_t directory, const char *name, struct fat_place *place) {
  uint8_t packed[11], case_bits;
  if (!pack_name(packed, &case_bits, name)) return -ENAMETOOLONG;
  for (uint32_t index = 0; place_of(directory, index, place); index++) {
    const struct fat_entry *entry = fat_entry_at(*place);
    if (entry == NULL) return -EIO;
    if (entry->name[0] == END) break;
    if (entry->name[0] != FREE && !(entry->attributes & ATTRIBUTE_VOLUME) &&
        memcmp(entry->name, packed, 11) == 0)
      return 0;
  }
  return -ENOENT;
}

int fat_parent(const char *path, uint32_t *directory, const char **name) {
  *directory = fat.root_cluster;
  for (path++;;) {
    const char *slash = strchr(path, '/');
    if (slash == NULL) break;
    char part[16];
    struct fat_place place;
    if ((uint32_t)(slash - path) >= sizeof part) return -ENAMETOOLONG;
    copy_text(part, path, slash - path + 1);
    int error = fat_find(*directory, part, &place);
    if (error != 0) return error;
    const struct fat_entry *entry = fat_entry_at(place);
    if (entry == NULL) return -EIO;
    if (!(entry->attributes & ATTRIBUTE_DIRECTORY)) return -ENOTDIR;
    *directory = fat_entry_cluster(entry);
    path = slash + 1;
  }
  *name = path;
  return 0;
}

/* One more cluster for a directory that is full; FAT16's root has the size it was made with. */
static bool extend(uint32_t directory) {
  if (directory == 0) return false;
  uint32_t length = 1;
  for (uint32_t next; (next = fat_next(directory)) != 0; length++) {
    if (length > fat.clusters) return false;
    directory = next;
  }
  return fat_append(directory, true) != 0;
}

int fat_create(uint32_t directory, const char *name, uint8_t attributes, uint32_t cluster,
               struct fat_place *place) {
  struct fat_entry entry = {
      .attributes = attributes, .cluster_high = (uint16_t)(cluster >> 16), .cluster_low = (uint16_t)cluster};
  entry.created_date = entry.accessed_date = entry.written_date = FIRST_DAY;
  if (!pack_name(entry.name, &entry.case_bits, name)) return -ENAMETOOLONG;
  for (uint32_t index = 0;; index++) {
    if (!place_of(directory, index, place) && (!extend(directory) || !place_of(directory, index, place)))
      return -ENOSPC;
    struct fat_entry *old = fat_entry_at(*place);
    if (old == NULL) return -EIO;
    if (old->name[0] != FREE && old->name[0] != END) continue;
    *old = entry; /* what lies behind an END is END too: directories are zeroed when they get a cluster */
    fat_entry_changed(*place);
    return 0;
  }
}

bool fat_list(uint32_t directory, uint32_t *index, struct directory_entry *result) {
  struct fat_place place;
  while (place_of(directory, *index, &place)) {
    const struct fat_entry *entry = fat_entry_at(place);
    if (entry == NULL || entry->name[0] == END) return false;
    ++*index;
    if (entry->name[0] == FREE || entry->name[0] == '.' || (entry->attributes & ATTRIBUTE_VOLUME)) continue;
    unpack_name(result->name, entry);
    result->size = entry->size;
    result->kind = entry->attributes & ATTRIBUTE_DIRECTORY ? KIND_DIRECTORY : KIND_FILE;
    return true;
  }
  return false;
}
