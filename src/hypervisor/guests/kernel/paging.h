/* Sv32 translation (Privileged Architecture, 12.3): the kernel's own part of every page table. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef uint32_t pte;

/* Makes the kernel's table and turns translation on. */
void paging_init(void);
/* A root table with the kernel's part in it; NULL without memory. */
pte *root_table_create(void);
/* Translate by this table from now on. NULL: the kernel's own. */
void root_table_use(const pte *root);
/* The entry for a page, with the table it lies in made when `make` is set; NULL when there is none. */
pte *entry_of(pte *root, uint32_t address, bool make);
static inline void *entry_page(pte entry) { return (void *)(entry >> 10 << 12); }
static inline pte entry_to(const void *page, uint32_t bits) {
  return (uint32_t)(uintptr_t)page >> 12 << 10 | bits;
}
/* The address at which the kernel now sees physical page `number` (22 bits: Sv32 reaches 34-bit addresses);
 * one at a time. */
uintptr_t window_to(uint32_t number);
