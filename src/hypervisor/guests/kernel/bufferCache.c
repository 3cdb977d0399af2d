#include "bufferCache.h"
#include <stddef.h>
#include "file.h"
#include "log.h"
#include "trace.h"

static struct buffer buffers[BUFFERS] __attribute__((aligned(16)));
static uint32_t uses;

static int transfer(struct disk *disk, uint32_t type, uint64_t sector, void *const *sectors, uint32_t count) {
  const char *name = type == REQUEST_READ ? "read" : type == REQUEST_WRITE ? "write" : "flush";
  trace("block: %s, sector %u, %u sectors", name, (uint32_t)sector, count);
  int error = disk->request(disk, type, sector, sectors, count);
  if (error != 0) {
    log_line("block: I/O error, %s at sector %u%s", name, (uint32_t)sector,
             sector >> 32 != 0 ? " (and 2^32 or more)" : "");
  }
  return error;
}

/* The dirty buffer of the lowest sector on this disk from `sector` on. */
static struct buffer *next_dirty(const struct disk *disk, uint64_t sector) {
  struct buffer *found = NULL;
  for (struct buffer *b = buffers; b < buffers + BUFFERS; b++)
    if (b->dirty && b->disk == disk && b->sector >= sector && (found == NULL || b->sector < found->sector))
      found = b;
  return found;
}

/* Writes a run of neighbouring sectors with one request. A sector that cannot be written is lost, as it must
 * be said. */
static int write_run(struct buffer *first) {
  void *sectors[MAX_SECTORS_AT_ONCE];
  uint32_t count = 0;
  struct disk *disk = first->disk;
  uint64_t start = first->sector;
  for (struct buffer *b = first; b != NULL && b->sector == start + count;
       b = next_dirty(disk, start + count)) {
    sectors[count++] = b->bytes;
    b->dirty = false;
    if (count == MAX_SECTORS_AT_ONCE) break;
  }
  int error = transfer(disk, REQUEST_WRITE, start, sectors, count);
  if (error == 0) return 0;
  for (struct buffer *b = buffers; b < buffers + BUFFERS; b++)
    if (b->disk == disk && b->sector >= start && b->sector < start + count) b->disk = NULL;
  return error;
}

static struct buffer *least_recent(void) {
  struct buffer *oldest = buffers;
  for (struct buffer *b = buffers; b < buffers + BUFFERS; b++) {
    if (b->disk == NULL) return b;
    if (b->last_use < oldest->last_use) oldest = b;
  }
  return oldest;
}

/* Mostly the same sector is wanted as just before. */
static struct buffer *find(const struct disk *disk, uint64_t sector) {
  static struct buffer *recent;
  if (recent != NULL && recent->disk == disk && recent->sector == sector) return recent;
  for (struct buffer *b = buffers; b < buffers + BUFFERS; b++)
    if (b->disk == disk && b->sector == sector) return recent = b;
  return NULL;
}

struct buffer *buffer_get(struct disk *disk, uint64_t sector, bool contents) {
  struct buffer *b = find(disk, sector);
  if (b != NULL) {
    b->last_use = ++uses;
    return b;
  }
  b = least_recent();
  if (b->dirty) write_run(b);
  b->disk = NULL;
  void *bytes = b->bytes;
  if (contents && transfer(disk, REQUEST_READ, sector, &bytes, 1) != 0) return NULL;
  b->disk = disk;
  b->sector = sector;
  b->dirty = false;
  b->last_use = ++uses;
  return b;
}

void buffer_changed(struct buffer *buffer) {
  trace("cache: sector %u changed in memory", (uint32_t)buffer->sector);
  buffer->dirty = true;
}

int buffers_sync(void) {
  int result = 0;
  for (uint32_t i = 0; volume_at(i) != NULL; i++) {
    struct volume *volume = volume_at(i);
    if (volume->start != 0) continue; /* a partition: its disk comes by itself */
    for (struct buffer *b; (b = next_dirty(volume->disk, 0)) != NULL;)
      if (write_run(b) != 0) result = -EIO;
    if (volume->disk->can_flush && !volume->disk->read_only) {
      void *none = NULL;
      if (transfer(volume->disk, REQUEST_FLUSH, 0, &none, 0) != 0) result = -EIO;
    }
  }
  return result;
}

uint32_t buffers_in_use(void) {
  uint32_t count = 0;
  for (const struct buffer *b = buffers; b < buffers + BUFFERS; b++) count += b->disk != NULL;
  return count;
}

uint32_t buffers_dirty(void) {
  uint32_t count = 0;
  for (const struct buffer *b = buffers; b < buffers + BUFFERS; b++) count += b->disk != NULL && b->dirty;
  return count;
}
