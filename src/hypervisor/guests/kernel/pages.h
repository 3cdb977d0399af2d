/* Physical memory in pages of 4 KiB. The kernel sees each at its physical address (paging.c). */
#pragma once
#include <stdint.h>

/* The device tree and the initial RAM disk stay where they are. */
void pages_init(uintptr_t device_tree);
/* A page full of zeros; NULL when memory is used up. */
void *page_allocate(void);
void page_free(void *page);
uint32_t pages_total(void);
uint32_t pages_free(void);
