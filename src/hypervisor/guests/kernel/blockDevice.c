#include "blockDevice.h"
#include "bufferCache.h"
#include "file.h"
#include "fsLock.h"
#include "log.h"
#include "text.h"

#define MAX_VOLUMES 12

static struct volume volumes[MAX_VOLUMES];
static uint32_t count;

/* Master boot record: four entries of 16 bytes from 446 on, and 0x55 0xaa at the end. */
#define TABLE 446
#define ENTRY_SIZE 16

static void add(struct disk *disk, const char *name, uint64_t start, uint64_t sectors, uint8_t type) {
  if (count == MAX_VOLUMES) return;
  struct volume *volume = &volumes[count++];
  *volume = (struct volume){.disk = disk, .start = start, .sectors = sectors, .type = type};
  copy_text(volume->name, name, sizeof volume->name);
}

void disk_found(struct disk *disk, uint32_t index) {
  char name[] = {'v', 'd', (char)('a' + index), 0};
  add(disk, name, 0, disk->sectors, 0);
}

static uint32_t little_endian(const uint8_t *at) {
  return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

void partitions_scan(void) {
  uint32_t disks = count;
  for (uint32_t i = 0; i < disks; i++) {
    struct volume *whole = &volumes[i];
    const struct buffer *first = whole->sectors > 0 ? buffer_get(whole->disk, 0, true) : NULL;
    if (first == NULL || first->bytes[510] != 0x55 || first->bytes[511] != 0xaa) {
      log_line("%s: no partition table", whole->name);
      continue;
    }
    for (uint32_t n = 0; n < 4; n++) {
      const uint8_t *entry = first->bytes + TABLE + n * ENTRY_SIZE;
      uint32_t start = little_endian(entry + 8), sectors = little_endian(entry + 12);
      if (entry[4] == 0 || sectors == 0) continue;
      if (start == 0 || (uint64_t)start + sectors > whole->sectors) {
        log_line("%s: partition %u reaches beyond the disk, left out", whole->name, n + 1);
        continue;
      }
      char name[] = {'v', 'd', whole->name[2], (char)('1' + n), 0};
      add(whole->disk, name, start, sectors, entry[4]);
      log_line("%s: partition %s, type 0x%02x, %u sectors from %u on", whole->name, name, entry[4], sectors,
               start);
    }
  }
}

struct volume *volume_of(const char *name) {
  for (struct volume *v = volumes; v < volumes + count; v++)
    if (strcmp(v->name, name) == 0) return v;
  return NULL;
}

struct volume *volume_at(uint32_t index) {
  return index < count ? &volumes[index] : NULL;
}

/*
 * Reads or writes within one sector. A partition's border is held here, since it is the kernel's own
 * invention; whether the disk itself has the sector is left to the disk to say.
 */
static int within_sector(struct file *file, uint8_t *buffer, uint32_t size, bool write) {
  struct volume *volume = file->object;
  uint64_t sector = file->offset / SECTOR_SIZE;
  uint32_t at = (uint32_t)file->offset % SECTOR_SIZE;
  if (size > SECTOR_SIZE - at) size = SECTOR_SIZE - at;
  if (volume->start != 0 && sector >= volume->sectors) return write ? -ENOSPC : 0;
  if (write && volume->disk->read_only) return -EROFS;
  struct buffer *found = buffer_get(volume->disk, volume->start + sector, !write || size < SECTOR_SIZE);
  if (found == NULL) return -EIO;
  if (write) {
    memcpy(found->bytes + at, buffer, size);
    buffer_changed(found);
  } else {
    memcpy(buffer, found->bytes + at, size);
  }
  file->offset += size;
  return (int)size;
}

static int each_sector(struct file *file, uint8_t *buffer, uint32_t size, bool write) {
  uint32_t done = 0;
  int result = 1;
  fs_lock();
  while (done < size && (result = within_sector(file, buffer + done, size - done, write)) > 0)
    done += (uint32_t)result;
  fs_unlock();
  return done > 0 ? (int)done : result;
}

static int read(struct file *file, void *buffer, uint32_t size) {
  return each_sector(file, buffer, size, false);
}
static int write(struct file *file, const void *buffer, uint32_t size) {
  return each_sector(file, (uint8_t *)buffer, size, true);
}

const struct file_operations volume_operations = {.read = read, .write = write};
