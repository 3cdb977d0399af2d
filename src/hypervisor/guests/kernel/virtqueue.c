/* A split virtqueue (2.7): descriptors, the ring of chains offered to the device, the ring of those it gave
 * back. */
#include <stddef.h>
#include "log.h"
#include "pages.h"
#include "riscv.h"
#include "virtio.h"

/* All three parts in one page; each aligned as 2.7 wants it (16, 2 and 4 bytes). */
#define AVAILABLE_AT (QUEUE_ENTRIES * sizeof(struct descriptor))
#define USED_AT (AVAILABLE_AT + sizeof(struct available_ring) + 4)

void virtqueue_init(struct virtqueue *queue, uintptr_t base, uint32_t number) {
  uint8_t *page = page_allocate();
  if (page == NULL) panic("no memory for a virtqueue");
  *queue = (struct virtqueue){
      base, number, (void *)page, (void *)(page + AVAILABLE_AT), (void *)(page + USED_AT), 0};
  register_write(base + QueueSel, number);
  if (register_read(base + QueueSizeMax) < QUEUE_ENTRIES)
    panic("virtio: queue %u of 0x%x is too small", number, base);
  register_write(base + QueueSize, QUEUE_ENTRIES);
  register_write(base + QueueDescLow, (uintptr_t)queue->descriptors);
  register_write(base + QueueDescHigh, 0);
  register_write(base + QueueDriverLow, (uintptr_t)queue->available);
  register_write(base + QueueDriverHigh, 0);
  register_write(base + QueueDeviceLow, (uintptr_t)queue->used);
  register_write(base + QueueDeviceHigh, 0);
  register_write(base + QueueReady, 1);
}

void virtqueue_offer(struct virtqueue *queue, uint16_t head) {
  queue->available->ring[queue->available->index % QUEUE_ENTRIES] = head;
  fence(); /* the entry before the index that shows it (2.7.13.3) */
  queue->available->index++;
}

void virtqueue_notify(struct virtqueue *queue) {
  fence();
  register_write(queue->device + QueueNotify, queue->number);
}

bool virtqueue_take(struct virtqueue *queue, uint16_t *head, uint32_t *length) {
  if (queue->used->index == queue->seen) return false;
  fence();
  *head = (uint16_t)queue->used->ring[queue->seen % QUEUE_ENTRIES].head;
  *length = queue->used->ring[queue->seen % QUEUE_ENTRIES].length;
  queue->seen++;
  return *head < QUEUE_ENTRIES;
}
