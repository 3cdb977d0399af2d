/* Files and directories of the initramfs, opened. */
#include "file.h"
#include "initramfs.h"
#include "text.h"

static int read(struct file *file, void *buffer, uint32_t size) {
  return memory_read(file, file->object, file->size, buffer, size);
}

static const struct file_operations file_operations = {.read = read};

/* The object is the directory's name in the archive, "" for the root; the offset is where the search goes on.
 */
static int entry(struct file *file, struct directory_entry *result) {
  const char *directory = file->object;
  size_t length = strlen(directory);
  struct initramfs_entry found;
  uint32_t at = (uint32_t)file->offset;
  while (initramfs_next(&at, &found)) {
    file->offset = at;
    const char *name = found.name;
    if (length > 0) {
      if (strncmp(name, directory, length) != 0 || name[length] != '/') continue;
      name += length + 1;
    }
    if (*name == 0 || strchr(name, '/') != NULL) continue;
    copy_text(result->name, name, sizeof result->name);
    result->size = (found.mode & MODE_KIND) == MODE_LINK ? 0 : found.size;
    result->kind = (found.mode & MODE_KIND) == MODE_DIRECTORY ? KIND_DIRECTORY : KIND_FILE;
    return 1;
  }
  return 0;
}

static const struct file_operations directory_operations = {.entry = entry};

int initramfs_open(const char *path, struct file **file) {
  struct initramfs_entry found;
  while (*path == '/') path++;
  if (*path == 0 || (initramfs_entry_of(path, &found) && (found.mode & MODE_KIND) == MODE_DIRECTORY)) {
    *file = file_allocate(&directory_operations, *path == 0 ? (void *)"" : (void *)found.name);
    return *file != NULL ? 0 : -ENFILE;
  }
  const uint8_t *bytes;
  uint32_t size;
  if (!initramfs_find(path, &bytes, &size)) return -ENOENT;
  *file = file_allocate(&file_operations, (void *)bytes);
  if (*file == NULL) return -ENFILE;
  (*file)->size = size;
  return 0;
}
