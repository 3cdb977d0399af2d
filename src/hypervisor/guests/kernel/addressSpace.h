/* A program's memory: which addresses are its own, and the pages that come when they are first touched. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "paging.h"

#define USER_BASE 0x00010000u
#define USER_TOP 0x08000000u
#define USER_STACK_SIZE (64u << 10)

struct segment {
  uint32_t address, size; /* in memory */
  const uint8_t *bytes;   /* its beginning, in the program's file; the rest is zero */
  uint32_t file_size;
  bool writable, executable;
};

struct address_space {
  pte *root;
  struct segment segments[2];
  uint32_t heap_start, heap_end;
};

/* Nothing mapped; false without memory. */
bool address_space_create(struct address_space *space);
/* All pages that `from` has, copied; false without memory. */
bool address_space_copy(struct address_space *to, const struct address_space *from);
void address_space_free(struct address_space *space);
/* Handles a page fault: false when the address is not the program's, or not to be used like that, or memory
 * is used up. */
bool address_space_fault(struct address_space *space, uint32_t address, uint32_t access);
/* The kernel's pointer to a byte of the program, for PTE_R or PTE_W; NULL as above. It is good until the end
 * of the page. */
void *address_space_byte(struct address_space *space, uint32_t address, uint32_t access);
uint32_t address_space_pages(const struct address_space *space);

/* Between kernel and the current program; false when the program gave an address that is not its own. */
bool copy_from_user(void *to, uint32_t from, uint32_t size);
bool copy_to_user(uint32_t to, const void *from, uint32_t size);
/* A string of less than `size` bytes. */
bool copy_text_from_user(char *to, uint32_t from, uint32_t size);
