/* /dev: the terminal, the kernel's messages, and disks as plain bytes. */
#include "blockDevice.h"
#include "console.h"
#include "file.h"
#include "log.h"
#include "powerKey.h"
#include "text.h"

static int console_file_read(struct file *file, void *buffer, uint32_t size) {
  (void)file;
  return console_read(buffer, size);
}

static int console_file_write(struct file *file, const void *buffer, uint32_t size) {
  (void)file;
  for (uint32_t i = 0; i < size; i++) console_put(((const char *)buffer)[i]);
  return (int)size;
}

static int messages_read(struct file *file, void *buffer, uint32_t size) {
  uint32_t count = log_read((uint32_t)file->offset, buffer, size);
  file->offset += count;
  return (int)count;
}

static int null_write(struct file *file, const void *buffer, uint32_t size) {
  (void)file, (void)buffer;
  return (int)size;
}

static int null_read(struct file *file, void *buffer, uint32_t size) {
  (void)file, (void)buffer, (void)size;
  return 0;
}

static int zero_read(struct file *file, void *buffer, uint32_t size) {
  (void)file;
  memset(buffer, 0, size);
  return (int)size;
}

static const struct {
  const char *name;
  struct file_operations operations;
} devices[] = {
    {"console", {.read = console_file_read, .write = console_file_write, .interactive = 1}},
    {"kmsg", {.read = messages_read}},
    {"null", {.read = null_read, .write = null_write}},
    {"zero", {.read = zero_read, .write = null_write}},
    {"powerkey", {.read = power_key_read, .interactive = 1}}, /* the last: not every machine has it */
};
#define COUNT (sizeof devices / sizeof *devices)

static int entry(struct file *file, struct directory_entry *result) {
  uint32_t at = (uint32_t)file->offset++, count = power_key_open() == 0 ? COUNT : COUNT - 1;
  struct volume *volume = at >= count ? volume_at(at - count) : NULL;
  if (at >= count && volume == NULL) return 0;
  copy_text(result->name, volume != NULL ? volume->name : devices[at].name, sizeof result->name);
  result->size = volume != NULL ? (uint32_t)(volume->sectors * SECTOR_SIZE) : 0;
  result->kind = KIND_DEVICE;
  return 1;
}

static const struct file_operations directory_operations = {.entry = entry};

int device_open(const char *name, struct file **file) {
  const struct file_operations *operations = *name == 0 ? &directory_operations : NULL;
  struct volume *volume = volume_of(name);
  for (uint32_t i = 0; i < COUNT; i++)
    if (strcmp(devices[i].name, name) == 0) operations = &devices[i].operations;
  if (volume != NULL) operations = &volume_operations;
  if (operations == NULL) return -ENOENT;
  if (strcmp(name, "powerkey") == 0 && power_key_open() != 0) return power_key_open();
  *file = file_allocate(operations, volume);
  return *file != NULL ? 0 : -ENFILE;
}
