/* What the files of the loader share. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "boot.h"

void print(const char *text, ...);

/* files.c: one source of files, the disk or the network. */
/* Finds it; false, and says why, when there is none. */
bool files_open(uint32_t slot);
/* A file: its size, or a negative number after saying why. `quiet`: nothing is said when it is not there. */
int file_load(const char *path, uint8_t *to, uint32_t most, bool quiet);
/* The configuration: the first that is there of those that the source may have. */
int configuration_load(uint8_t *to, uint32_t most);

/* fat.c: a FAT16 or FAT32 file system on a partition. */
bool fat_open(uint32_t slot);
int fat_load(const char *path, uint8_t *to, uint32_t most, bool quiet);

/* configuration.c: in SYSLINUX's syntax. */
struct entry {
  char label[32], kernel[128], initrd[128], append[512];
};
/* The default entry; false, and says why, when there is none. The text ends in a 0, and is changed. */
bool configuration_read(char *text, struct entry *entry);

/* elf.c: copies the segments of an ELF file between `low` and `high`. The entry's address; 0, and says why,
 * when it is no kernel. */
uint32_t elf_place(const uint8_t *file, uint32_t size, uint32_t low, uint32_t high);

/* tree.c: how long the new tree may be; makes it at `to`, with /chosen saying what the kernel is to know. */
uint32_t tree_room(const void *tree, const char *arguments);
void tree_write(void *to, const void *tree, const char *arguments, uint32_t initrd_start,
                uint32_t initrd_end);

/* start.S */
_Noreturn void enter(uint32_t hart, const void *tree, uint32_t entry);
