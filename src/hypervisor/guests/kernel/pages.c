#include "pages.h"
#include "log.h"
#include "machine.h"
#include "riscv.h"
#include "text.h"

extern char kernel_end[];

/* A page that was given back holds the link to the next such page in its first word. */
struct free_page {
  struct free_page *next;
};

static struct free_page *given_back;
/* From here to `end` no page was ever given out: no list has to be built over all of memory at boot. */
static uintptr_t untouched, end;
static uint32_t total, used;

/* One range is kept: of what lies before and behind a place that is taken, the larger part. */
static void leave_out(uintptr_t from, uintptr_t to) {
  from &= ~(PAGE_SIZE - 1);
  to = (to + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  if (to <= untouched || from >= end) return;
  if (from > untouched && from - untouched > end - to)
    end = from;
  else
    untouched = to;
}

void pages_init(uintptr_t device_tree) {
  untouched = (uintptr_t)kernel_end;
  end = (machine.ram + machine.ram_size) & ~(PAGE_SIZE - 1);
  leave_out(machine.initramfs, machine.initramfs_end);
  leave_out(device_tree, device_tree + machine.device_tree_size); /* it is read again after a reset */
  total = (end - untouched) / PAGE_SIZE;
  log_line("memory: %u KiB at 0x%x, %u KiB free from 0x%x on", machine.ram_size / 1024, machine.ram,
           total * 4, untouched);
}

void *page_allocate_as_is(void) {
  void *page = given_back;
  if (page != NULL) {
    given_back = given_back->next;
  } else if (untouched < end) {
    page = (void *)untouched;
    untouched += PAGE_SIZE;
  } else {
    return NULL;
  }
  used++;
  return page;
}

void *page_allocate(void) {
  void *page = page_allocate_as_is();
  return page != NULL ? memset(page, 0, PAGE_SIZE) : NULL;
}

void page_free(void *page) {
  struct free_page *freed = page;
  freed->next = given_back;
  given_back = freed;
  used--;
}

void *page_give_up(void) {
  void *page = given_back;
  if (page != NULL) {
    given_back = given_back->next; /* it was in use: the host gains a frame */
  } else if (untouched < end) {
    end -= PAGE_SIZE;
    page = (void *)end;
  } else {
    return NULL;
  }
  total--;
  return page;
}

void page_take_back(void *page) {
  total++;
  if ((uintptr_t)page == end) {
    end += PAGE_SIZE;
  } else {
    used++;
    page_free(page);
  }
}

uint32_t pages_total(void) { return total; }
uint32_t pages_free(void) { return total - used; }
