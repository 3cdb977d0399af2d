/*
 * The memory balloon (5.5): the host says in num_pages how many pages it would like to have. The guest gives
 * those that it does not need, most welcome the ones that were in use before, and does not touch them until
 * it has told the host that it takes them back.
 */
#include <stddef.h>
#include "log.h"
#include "pages.h"
#include "plic.h"
#include "riscv.h"
#include "virtio.h"
#include "virtioDrivers.h"

/* Feature bit (5.5.3): pages are used again only after the host was told. */
#define F_MUST_TELL_HOST (1u << 0)

enum { INFLATE, DEFLATE, QUEUES };

/* The configuration (5.5.4). */
#define NUM_PAGES (Config + 0)
#define ACTUAL (Config + 4)

/* Pages that the guest keeps in any case. */
#define KEPT 64
/* Numbers of pages in one request. */
#define BATCH 256
#define NUMBERS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))
/* So many pages of numbers: a balloon of 256 MiB at most. */
#define LISTS 64

static struct virtqueue queues[QUEUES];
/* The numbers of the pages in the balloon, the last one on top. */
static uint32_t *lists[LISTS];
static uint32_t count;
/* Numbers on their way to the host: behind the top when they go into the balloon, below it when they leave.
 */
static uint32_t moving, direction;

static uint32_t *number_at(uint32_t i) { return &lists[i / NUMBERS_PER_PAGE][i % NUMBERS_PER_PAGE]; }

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static void send(uint32_t queue, uint32_t first, uint32_t size) {
  direction = queue;
  moving = size;
  queues[queue].descriptors[0] =
      (struct descriptor){(uintptr_t)number_at(first), 0, size * sizeof(uint32_t), 0, 0};
  virtqueue_offer(&queues[queue], 0);
  virtqueue_notify(&queues[queue]);
}

static void inflate(uint32_t wanted) {
  uint32_t list = count / NUMBERS_PER_PAGE, size = 0;
  if (list == LISTS) return;
  if (lists[list] == NULL && pages_free() > KEPT) lists[list] = page_allocate();
  if (lists[list] == NULL) return;
  wanted = least(least(wanted, BATCH), NUMBERS_PER_PAGE - count % NUMBERS_PER_PAGE);
  while (size < wanted && pages_free() > KEPT)
    *number_at(count + size++) = (uint32_t)((uintptr_t)page_give_up() / PAGE_SIZE);
  if (size > 0) send(INFLATE, count, size);
}

static void deflate(uint32_t wanted) {
  uint32_t size = least(least(wanted, BATCH), (count - 1) % NUMBERS_PER_PAGE + 1);
  send(DEFLATE, count - size, size);
}

/* One step towards what the host would like; the next follows when it has answered. */
static void adjust(void) {
  uint32_t target = register_read(queues[INFLATE].device + NUM_PAGES);
  if (moving > 0) return;
  if (target > count) inflate(target - count);
  if (target < count) deflate(count - target);
}

static void answered(void) {
  if (direction == INFLATE) {
    count += moving;
  } else {
    for (; moving > 0; moving--) page_take_back((void *)(*number_at(--count) * PAGE_SIZE));
  }
  moving = 0;
  register_write(queues[INFLATE].device + ACTUAL, count);
}

static void interrupt(void *context) {
  (void)context;
  uint16_t head;
  uint32_t length, before = count;
  virtio_acknowledge(queues[INFLATE].device);
  for (uint32_t i = 0; i < QUEUES; i++)
    while (virtqueue_take(&queues[i], &head, &length)) answered();
  adjust();
  if (moving == 0 && count != before)
    log_line("virtio_balloon: the host has %u KiB, %u KiB are free", count * 4, pages_free() * 4);
}

void virtio_balloon_probe(uint32_t index, uintptr_t base, uint32_t source) {
  uint32_t features;
  if (index > 0) return;
  if (!virtio_negotiate(base, F_MUST_TELL_HOST, &features)) {
    log_line("virtio_balloon: the device at 0x%x refuses the features", base);
    return;
  }
  for (uint32_t i = 0; i < QUEUES; i++) virtqueue_init(&queues[i], base, i);
  plic_enable(source, interrupt, NULL);
  virtio_ready(base);
  log_line("virtio_balloon: at 0x%x, interrupt %u", base, source);
  adjust();
}
