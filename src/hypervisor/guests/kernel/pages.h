/* Physical memory in pages of 4 KiB. The kernel sees each at its physical address (paging.c). */
#pragma once
#include <stdint.h>

/* The device tree and the initial RAM disk stay where they are. */
void pages_init(uintptr_t device_tree);
/* A page full of zeros; NULL when memory is used up. */
void *page_allocate(void);
/* The same for whoever writes all of it. What it held before must not get out. */
void *page_allocate_as_is(void);
void page_free(void *page);
/* For the balloon: a page that is free goes to the host, untouched, and is no memory of this machine until it
 * comes back. The last one given up is taken back first. NULL when none is free. */
void *page_give_up(void);
void page_take_back(void *page);
uint32_t pages_total(void);
uint32_t pages_free(void);
