/* Loading a program: an ELF file from the initramfs (ELF for RISC-V; Tool Interface Standard 1.2, part 1). */
#include "initramfs.h"
#include "pages.h"
#include "process.h"
#include "riscv.h"
#include "text.h"

struct elf_header {
  uint8_t identification[16];
  uint16_t type, machine;
  uint32_t version, entry, program_headers, section_headers, flags;
  uint16_t header_size, program_header_size, program_header_count;
};

struct program_header {
  uint32_t type, offset, address, physical_address, file_size, size, flags, align;
};

#define TYPE_EXECUTABLE 2
#define MACHINE_RISCV 243
#define LOAD 1
#define FLAG_X 1
#define FLAG_W 2

static bool is_program(const struct elf_header *elf, uint32_t size) {
  return size >= sizeof *elf && memcmp(elf->identification, "\177ELF\1\1", 6) == 0 &&
         elf->type == TYPE_EXECUTABLE && elf->machine == MACHINE_RISCV && elf->program_headers < size &&
         elf->program_header_count * sizeof(struct program_header) <= size - elf->program_headers;
}

/* Nothing is read into memory yet: the segments are noted, and pages come when they are touched
 * (addressSpace.c). */
static int note_segments(struct address_space *space, const uint8_t *bytes, uint32_t size) {
  const struct elf_header *elf = (const struct elf_header *)bytes;
  if (!is_program(elf, size)) return -ENOEXEC;
  const struct program_header *header = (const struct program_header *)(bytes + elf->program_headers);
  struct segment *next = space->segments;
  for (uint32_t i = 0; i < elf->program_header_count; i++, header++) {
    if (header->type != LOAD || header->size == 0) continue;
    bool inside = header->offset <= size && header->file_size <= size - header->offset &&
                  header->file_size <= header->size && header->address >= USER_BASE &&
                  header->address < USER_TOP / 2 && header->size < USER_TOP / 2;
    if (!inside || next == space->segments + 2) return -ENOEXEC;
    *next++ = (struct segment){header->address,
                               header->size,
                               bytes + header->offset,
                               header->file_size,
                               (header->flags & FLAG_W) != 0,
                               (header->flags & FLAG_X) != 0};
    space->heap_start = space->heap_end = (header->address + header->size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  }
  return 0;
}

/* The top page of the stack gets the strings, and below them argv with a NULL at its end. Returns argv's
 * address. */
static uint32_t place_arguments(uint8_t *page, char *const *argv, int *count) {
  uint32_t addresses[MAX_ARGUMENTS + 1];
  uint32_t at = PAGE_SIZE;
  for (*count = 0; argv[*count] != NULL; ++*count) {
    uint32_t size = strlen(argv[*count]) + 1;
    if (*count == MAX_ARGUMENTS || at < size + sizeof addresses + 16) return 0;
    at -= size;
    memcpy(page + at, argv[*count], size);
    addresses[*count] = USER_TOP - PAGE_SIZE + at;
  }
  addresses[*count] = 0;
  at = (at - (*count + 1) * 4) & ~15u;
  memcpy(page + at, addresses, (*count + 1) * 4);
  return USER_TOP - PAGE_SIZE + at;
}

int process_exec(const char *path, char *const *argv) {
  const uint8_t *bytes;
  uint32_t size;
  if (!initramfs_find(path, &bytes, &size)) return -ENOENT;
  struct address_space space;
  if (!address_space_create(&space)) return -ENOMEM;
  int count = 0;
  int error = note_segments(&space, bytes, size);
  uint8_t *top = error == 0 ? address_space_byte(&space, USER_TOP - PAGE_SIZE, PTE_W) : NULL;
  if (error == 0 && top == NULL) error = -ENOMEM;
  uint32_t arguments = error == 0 ? place_arguments(top, argv, &count) : 0;
  if (error == 0 && arguments == 0) error = -E2BIG;
  if (error != 0) {
    address_space_free(&space);
    return error;
  }
  /* The point of no return: the old program's memory goes. */
  root_table_use(space.root);
  address_space_free(&current->space);
  current->space = space;
  const char *name = strchr(argv[0], 0);
  while (name > argv[0] && name[-1] != '/') name--;
  copy_text(current->name, name, sizeof current->name);
  struct trap_frame *frame = process_frame(current);
  memset(frame, 0, sizeof *frame);
  frame->x[SEPC] = ((const struct elf_header *)bytes)->entry;
  frame->x[SP] = arguments;
  frame->x[A0] = count;
  frame->x[A1] = arguments;
  frame->sstatus = SSTATUS_SPIE; /* SPP = 0: to user mode, with interrupts on */
  return 0;
}
