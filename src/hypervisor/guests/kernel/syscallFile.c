/* System calls about files. */
#include "blockDevice.h"
#include "bufferCache.h"
#include "file.h"
#include "fsLock.h"
#include "path.h"
#include "process.h"
#include "riscv.h"
#include "syscall.h"
#include "text.h"
#include "trace.h"

static struct file *file_of(uint32_t fd) { return fd < MAX_FILES ? current->files[fd] : NULL; }

static int path_argument(char *to, uint32_t address) {
  char path[MAX_PATH];
  if (!copy_text_from_user(path, address, sizeof path)) return -EFAULT;
  return path_resolve(to, current->directory, path) ? 0 : -ENAMETOOLONG;
}

static int install(struct file *file) {
  for (int fd = 0; fd < MAX_FILES; fd++) {
    if (current->files[fd] != NULL) continue;
    current->files[fd] = file;
    return fd;
  }
  file_close(file);
  return -ENFILE;
}

int sys_open(const uint32_t *a) {
  char path[MAX_PATH];
  struct file *file;
  int error = path_argument(path, a[0]);
  if (error == 0) error = file_open(path, a[1], &file);
  if (error != 0) return error;
  file->flags = a[1];
  return install(file);
}

int sys_close(const uint32_t *a) {
  struct file *file = file_of(a[0]);
  if (file == NULL) return -EBADF;
  current->files[a[0]] = NULL;
  file_close(file);
  return 0;
}

int sys_dup2(const uint32_t *a) {
  struct file *file = file_of(a[0]), *former = file_of(a[1]);
  if (file == NULL || a[1] >= MAX_FILES) return -EBADF;
  if (file == former) return (int)a[1];
  file->references++;
  current->files[a[1]] = file;
  if (former != NULL) file_close(former);
  return (int)a[1];
}

/* A line typed is one read, though the program's buffer may lie on two pages. */
static int read_line(struct file *file, uint32_t address, uint32_t size) {
  static char line[256]; /* filled when the waiting is over, and copied before anybody else runs */
  int count = file->operations->read(file, line, size < sizeof line ? size : sizeof line);
  return count <= 0 || copy_to_user(address, line, (uint32_t)count) ? count : -EFAULT;
}

/* In the middle of a long transfer others get their turn; false when this process is to end. */
static bool let_others_run(void) {
  interrupts_handle();
  schedule();
  return !current->killed;
}

/* The program's buffer, page by page, through the kernel's view of the same memory. */
static int transfer(const uint32_t *a, bool write) {
  struct file *file = file_of(a[0]);
  if (file == NULL) return -EBADF;
  if (write ? file->operations->write == NULL : file->operations->read == NULL)
    return file->operations->entry != NULL ? -EISDIR : -EINVAL;
  if (file->operations->interactive && !write) return read_line(file, a[1], a[2]);
  uint32_t address = a[1], left = a[2], done = 0;
  while (left > 0) {
    uint32_t part = PAGE_SIZE - (address & (PAGE_SIZE - 1));
    if (part > left) part = left;
    void *bytes = address_space_byte(&current->space, address, write ? PTE_R : PTE_W);
    if (bytes == NULL) return -EFAULT;
    int count =
        write ? file->operations->write(file, bytes, part) : file->operations->read(file, bytes, part);
    if (count < 0) return done > 0 ? (int)done : count;
    address += count, left -= count, done += count;
    if (count < (int)part || !let_others_run()) break;
  }
  return (int)done;
}

int sys_read(const uint32_t *a) { return transfer(a, false); }

int sys_write(const uint32_t *a) {
  const struct file *file = file_of(a[0]);
  if (file != NULL && !file->operations->interactive) trace("system call: write, %u bytes", a[2]);
  return transfer(a, true);
}

int sys_getdents(const uint32_t *a) {
  struct file *file = file_of(a[0]);
  if (file == NULL) return -EBADF;
  if (file->operations->entry == NULL) return -ENOTDIR;
  struct directory_entry entry;
  int result = file->operations->entry(file, &entry);
  if (result == 1 && !copy_to_user(a[1], &entry, sizeof entry)) return -EFAULT;
  return result;
}

int sys_lseek(const uint32_t *a) {
  struct file *file = file_of(a[0]);
  if (file == NULL) return -EBADF;
  file->offset = (uint64_t)a[2] << 32 | a[1];
  return 0;
}

int sys_chdir(const uint32_t *a) {
  char path[MAX_PATH];
  struct file *file;
  int error = path_argument(path, a[0]);
  if (error == 0) error = file_open(path, O_RDONLY, &file);
  if (error != 0) return error;
  bool directory = file->operations->entry != NULL;
  file_close(file);
  if (!directory) return -ENOTDIR;
  copy_text(current->directory, path, sizeof current->directory);
  return 0;
}

int sys_unlink(const uint32_t *a) {
  char path[MAX_PATH];
  int error = path_argument(path, a[0]);
  return error != 0 ? error : file_unlink(path);
}

int sys_mkdir(const uint32_t *a) {
  char path[MAX_PATH];
  int error = path_argument(path, a[0]);
  return error != 0 ? error : file_make_directory(path);
}

int sys_sync(const uint32_t *a) {
  (void)a;
  trace("system call: sync");
  fs_lock();
  int error = buffers_sync();
  fs_unlock();
  return error;
}

/* There is one cache for all files: what one file waits for, all get. */
int sys_fsync(const uint32_t *a) { return file_of(a[0]) == NULL ? -EBADF : sys_sync(a); }
