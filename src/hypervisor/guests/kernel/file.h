/* Open files: what a file descriptor stands for. */
#pragma once
#include <stdint.h>
#include "systemCalls.h"

struct file;

/* What a kind of file can do; NULL: it cannot. Results are byte counts, or negative error numbers. Buffers
 * are the kernel's. */
struct file_operations {
  int (*read)(struct file *file, void *buffer, uint32_t size);
  int (*write)(struct file *file, const void *buffer, uint32_t size);
  /* 1 with the next entry of a directory, 0 at its end. */
  int (*entry)(struct file *file, struct directory_entry *entry);
  void (*close)(struct file *file);
  /* A read gives what is there now, and is not tried again for more. */
  int interactive;
};

struct file {
  const struct file_operations *operations;
  int references;
  uint32_t flags;
  uint64_t offset;
  void *object; /* what the operations need: a disk's volume, a FAT node, a page of text, a socket */
  uint32_t size;
};

/* NULL when too many are open. */
struct file *file_allocate(const struct file_operations *operations, void *object);
void file_close(struct file *file);
/* By absolute path. */
int file_open(const char *path, uint32_t flags, struct file **file);
int file_unlink(const char *path);
int file_make_directory(const char *path);

/* Who answers for the paths below /dev, /proc and /bin; everything else is the root file system's. */
int device_open(const char *name, struct file **file);
int proc_open(const char *name, struct file **file);
int initramfs_open(const char *path, struct file **file);
/* Reads from `size` bytes that lie in memory. */
int memory_read(struct file *file, const uint8_t *bytes, uint32_t size, void *buffer, uint32_t wanted);
