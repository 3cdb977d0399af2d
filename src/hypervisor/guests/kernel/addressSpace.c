#include "addressSpace.h"
#include "pages.h"
#include "process.h"
#include "riscv.h"
#include "text.h"

#define USER_ROOT_ENTRIES (USER_TOP / MEGAPAGE_SIZE)

bool address_space_create(struct address_space *space) {
  memset(space, 0, sizeof *space);
  space->root = root_table_create();
  return space->root != NULL;
}

static const struct segment *segment_of(const struct address_space *space, uint32_t page) {
  for (const struct segment *s = space->segments; s < space->segments + 2; s++)
    if (s->size > 0 && page + PAGE_SIZE > s->address && page < s->address + s->size) return s;
  return NULL;
}

/* What may be done with a page, as bits of its entry; 0 when it is not the program's. */
static uint32_t permissions(const struct address_space *space, uint32_t page) {
  const struct segment *s = segment_of(space, page);
  if (s != NULL) return PTE_R | (s->writable ? PTE_W : 0) | (s->executable ? PTE_X : 0);
  bool heap = page >= space->heap_start && page < space->heap_end;
  bool stack = page >= USER_TOP - USER_STACK_SIZE && page < USER_TOP;
  return heap || stack ? PTE_R | PTE_W : 0;
}

/* The part of the program's file that lies in this page; the page is zero already. */
static void fill(const struct segment *s, uint32_t page, uint8_t *bytes) {
  uint32_t from = page > s->address ? page : s->address;
  uint32_t to = s->address + s->file_size;
  if (to > page + PAGE_SIZE) to = page + PAGE_SIZE;
  if (from < to) memcpy(bytes + (from - page), s->bytes + (from - s->address), to - from);
}

bool address_space_fault(struct address_space *space, uint32_t address, uint32_t access) {
  uint32_t page = address & ~(PAGE_SIZE - 1);
  uint32_t allowed = permissions(space, page);
  if ((allowed & access) == 0) return false;
  pte *entry = entry_of(space->root, page, true);
  if (entry == NULL) return false;
  if (*entry & PTE_V) return (*entry & access) != 0;
  void *bytes = page_allocate();
  if (bytes == NULL) return false;
  const struct segment *s = segment_of(space, page);
  if (s != NULL) fill(s, page, bytes);
  *entry = entry_to(bytes, allowed | PTE_V | PTE_U | PTE_A | PTE_D);
  sfence_vma();
  if (allowed & PTE_X) asm volatile("fence.i"); /* code came by stores (Zifencei) */
  return true;
}

void *address_space_byte(struct address_space *space, uint32_t address, uint32_t access) {
  if (address >= USER_TOP) return NULL;
  pte *entry = entry_of(space->root, address, false);
  if ((entry == NULL || (*entry & PTE_V) == 0) && !address_space_fault(space, address, access)) return NULL;
  entry = entry_of(space->root, address, false);
  if ((*entry & access) == 0) return NULL;
  return (uint8_t *)entry_page(*entry) + (address & (PAGE_SIZE - 1));
}

/* Calls `visit` for each page that is there, until it says false. */
static bool each_page(const struct address_space *space,
                      bool (*visit)(uint32_t address, pte *entry, void *context), void *context) {
  for (uint32_t i = 0; i < USER_ROOT_ENTRIES; i++) {
    if ((space->root[i] & PTE_V) == 0) continue;
    pte *table = entry_page(space->root[i]);
    for (uint32_t j = 0; j < 1024; j++)
      if ((table[j] & PTE_V) && !visit(i << 22 | j << 12, &table[j], context)) return false;
  }
  return true;
}

static bool copy_page(uint32_t address, pte *entry, void *context) {
  struct address_space *to = context;
  pte *target = entry_of(to->root, address, true);
  void *page = target != NULL ? page_allocate_as_is() : NULL;
  if (page == NULL) return false;
  memcpy(page, entry_page(*entry), PAGE_SIZE);
  *target = entry_to(page, *entry & 0x3ff);
  return true;
}

bool address_space_copy(struct address_space *to, const struct address_space *from) {
  *to = *from;
  to->root = root_table_create();
  if (to->root == NULL) return false;
  if (each_page(from, copy_page, to)) return true;
  address_space_free(to);
  return false;
}

static bool free_page(uint32_t address, pte *entry, void *context) {
  (void)address, (void)context;
  page_free(entry_page(*entry));
  return true;
}

void address_space_free(struct address_space *space) {
  each_page(space, free_page, NULL);
  for (uint32_t i = 0; i < USER_ROOT_ENTRIES; i++)
    if (space->root[i] & PTE_V) page_free(entry_page(space->root[i]));
  page_free(space->root);
  space->root = NULL;
}

static bool count_page(uint32_t address, pte *entry, void *context) {
  (void)address, (void)entry;
  ++*(uint32_t *)context;
  return true;
}

uint32_t address_space_pages(const struct address_space *space) {
  uint32_t count = 0;
  each_page(space, count_page, &count);
  return count;
}

/* The kernel walks the program's table itself instead of using its addresses: a wrong one is an answer here,
 * not a trap. */
bool copy_from_user(void *to, uint32_t from, uint32_t size) {
  for (uint8_t *t = to; size > 0;) {
    const void *bytes = address_space_byte(&current->space, from, PTE_R);
    uint32_t part = PAGE_SIZE - (from & (PAGE_SIZE - 1));
    if (part > size) part = size;
    if (bytes == NULL) return false;
    memcpy(t, bytes, part);
    t += part, from += part, size -= part;
  }
  return true;
}

bool copy_to_user(uint32_t to, const void *from, uint32_t size) {
  for (const uint8_t *f = from; size > 0;) {
    void *bytes = address_space_byte(&current->space, to, PTE_W);
    uint32_t part = PAGE_SIZE - (to & (PAGE_SIZE - 1));
    if (part > size) part = size;
    if (bytes == NULL) return false;
    memcpy(bytes, f, part);
    f += part, to += part, size -= part;
  }
  return true;
}

bool copy_text_from_user(char *to, uint32_t from, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) {
    const char *byte = address_space_byte(&current->space, from + i, PTE_R);
    if (byte == NULL) return false;
    to[i] = *byte;
    if (*byte == 0) return true;
  }
  return false;
}
