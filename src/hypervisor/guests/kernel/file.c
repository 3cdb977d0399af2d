#include "file.h"
#include "fat.h"
#include "fsLock.h"
#include "initramfs.h"
#include "process.h"
#include "text.h"

#define MAX_OPEN 48

static struct file files[MAX_OPEN];

struct file *file_allocate(const struct file_operations *operations, void *object) {
  for (struct file *f = files; f < files + MAX_OPEN; f++) {
    if (f->references != 0) continue;
    *f = (struct file){.operations = operations, .references = 1, .object = object};
    return f;
  }
  return NULL;
}

void file_close(struct file *file) {
  if (--file->references > 0) return;
  if (file->operations->close != NULL) file->operations->close(file);
}

int memory_read(struct file *file, const uint8_t *bytes, uint32_t size, void *buffer, uint32_t wanted) {
  uint32_t left = file->offset < size ? size - (uint32_t)file->offset : 0;
  if (wanted > left) wanted = left;
  memcpy(buffer, bytes + (uint32_t)file->offset, wanted);
  file->offset += wanted;
  return (int)wanted;
}

/* The part of `path` behind the directory `name`; NULL when it lies elsewhere. */
static const char *below(const char *path, const char *name) {
  size_t length = strlen(name);
  if (strncmp(path, name, length) != 0) return NULL;
  if (path[length] == 0) return "";
  return path[length] == '/' ? path + length + 1 : NULL;
}

static bool is_fixed(const char *path) {
  return below(path, "/dev") || below(path, "/proc") || below(path, "/bin");
}

int file_open(const char *path, uint32_t flags, struct file **file) {
  const char *name;
  if ((name = below(path, "/dev")) != NULL) return device_open(name, file);
  if ((name = below(path, "/proc")) != NULL) return proc_open(name, file);
  bool writes = (flags & 3) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  if (below(path, "/bin") != NULL || !fat_is_mounted()) return writes ? -EROFS : initramfs_open(path, file);
  fs_lock();
  int result = fat_open(path, flags, file);
  fs_unlock();
  return result;
}

int file_unlink(const char *path) {
  if (is_fixed(path) || !fat_is_mounted()) return -EROFS;
  fs_lock();
  int result = fat_unlink(path);
  fs_unlock();
  return result;
}

int file_make_directory(const char *path) {
  if (is_fixed(path) || !fat_is_mounted()) return -EROFS;
  fs_lock();
  int result = fat_make_directory(path);
  fs_unlock();
  return result;
}
