#include "initramfs.h"
#include "log.h"
#include "machine.h"
#include "text.h"

static const uint8_t *archive;
static uint32_t archive_size;

#define HEADER_SIZE 110

void initramfs_init(void) {
  if (machine.initramfs_end <= machine.initramfs) panic("initramfs: the loader has brought none");
  archive = (const uint8_t *)machine.initramfs;
  archive_size = machine.initramfs_end - machine.initramfs;
  if (archive_size < HEADER_SIZE || memcmp(archive, "070701", 6) != 0)
    panic("initramfs: no cpio archive (newc) at 0x%x", archive);
  log_line("initramfs: %u bytes at 0x%x", archive_size, archive);
}

/* Eight hexadecimal digits. */
static uint32_t field(const uint8_t *header, uint32_t number) {
  uint32_t value = 0;
  for (const uint8_t *digit = header + 6 + number * 8, *end = digit + 8; digit < end; digit++)
    value = value << 4 | ((*digit <= '9' ? *digit - '0' : (*digit | 0x20) - 'a' + 10) & 15);
  return value;
}

static uint32_t aligned(uint32_t size) { return (size + 3) & ~3u; }

/* Header, name with its 0, contents; the last two padded so that what follows is aligned. */
bool initramfs_next(uint32_t *at, struct initramfs_entry *entry) {
  if (*at > archive_size - HEADER_SIZE || memcmp(archive + *at, "070701", 6) != 0) return false;
  const uint8_t *header = archive + *at;
  uint32_t size = field(header, 6), name_size = field(header, 11);
  uint32_t contents = aligned(*at + HEADER_SIZE + name_size);
  if (name_size == 0 || contents > archive_size || size > archive_size - contents) return false;
  *entry = (struct initramfs_entry){(const char *)header + HEADER_SIZE, field(header, 1), size,
                                    archive + contents};
  *at = aligned(contents + size);
  return header[HEADER_SIZE + name_size - 1] == 0 && strcmp(entry->name, "TRAILER!!!") != 0;
}

/* Names in the archive have no slash before them. */
bool initramfs_entry_of(const char *path, struct initramfs_entry *entry) {
  while (*path == '/') path++;
  for (uint32_t at = 0; initramfs_next(&at, entry);)
    if (strcmp(entry->name, path) == 0) return true;
  return false;
}

bool initramfs_find(const char *path, const uint8_t **bytes, uint32_t *size) {
  struct initramfs_entry entry;
  if (!initramfs_entry_of(path, &entry)) return false;
  if ((entry.mode & MODE_KIND) == MODE_LINK) {
    /* The link's contents: an absolute path, without a 0. */
    char target[64];
    copy_text(target, (const char *)entry.bytes, entry.size < sizeof target ? entry.size + 1 : sizeof target);
    if (!initramfs_entry_of(target, &entry)) return false;
  }
  *bytes = entry.bytes;
  *size = entry.size;
  return (entry.mode & MODE_KIND) != MODE_DIRECTORY && (entry.mode & MODE_KIND) != MODE_LINK;
}
