/* An executable's segments (ELF 1.2, "Program Loading") to their places. */
#include "loader.h"
#include "text.h"

#define RISCV 243
#define LOAD 1

struct header {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version, entry, program_headers, section_headers, flags;
  uint16_t size, program_header_size, program_header_count;
};

struct segment {
  uint32_t type, offset, address, physical, file_size, memory_size, flags, align;
};

uint32_t elf_place(const uint8_t *file, uint32_t size, uint32_t low, uint32_t high) {
  const struct header *header = (const struct header *)file;
  uint32_t entry = 0;
  if (size < 52 || memcmp(file, "\177ELF\1\1", 6) != 0 || header->machine != RISCV || header->type != 2) {
    print("loader: the kernel is no RISC-V ELF file of 32 bits\n");
    return 0;
  }
  for (uint32_t i = 0; i < header->program_header_count; i++) {
    uint32_t at = header->program_headers + i * header->program_header_size;
    if (header->program_headers % 4 != 0 || header->program_header_size % 4 != 0 || at > size ||
        size - at < sizeof(struct segment)) {
      print("loader: the kernel's file is cut off\n");
      return 0;
    }
    const struct segment *s = (const struct segment *)(file + at);
    if (s->type != LOAD) continue;
    if (s->offset > size || s->file_size > size - s->offset || s->file_size > s->memory_size) {
      print("loader: the kernel's file is cut off\n");
      return 0;
    }
    if (s->physical < low || s->physical > high || s->memory_size > high - s->physical) {
      print("loader: a segment of the kernel (0x%x, %u bytes) does not fit into memory\n", s->physical,
            s->memory_size);
      return 0;
    }
    memcpy((void *)s->physical, file + s->offset, s->file_size);
    memset((uint8_t *)s->physical + s->file_size, 0, s->memory_size - s->file_size);
    if (header->entry - s->physical < s->memory_size) entry = header->entry;
  }
  if (entry == 0) print("loader: the kernel's entry is in none of its segments\n");
  return entry;
}
