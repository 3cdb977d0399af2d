/* The block device (5.2): one queue, one request at a time. */
#include "blockDevice.h"
#include "log.h"
#include "plic.h"
#include "process.h"
#include "riscv.h"
#include "text.h"
#include "trace.h"
#include "virtio.h"
#include "virtioDrivers.h"

/* Feature bits (5.2.3). */
#define F_RO (1u << 5)
#define F_FLUSH (1u << 9)

/* Statuses of a request (5.2.6). */
#define STATUS_OK 0

struct virtio_block {
  struct disk disk;
  struct virtqueue queue;
  struct {
    uint32_t type, reserved;
    uint64_t sector;
  } header;
  volatile uint8_t status;
  volatile bool done;
  bool stopped; /* the device will answer nothing more */
};

static struct virtio_block blocks[MAX_DISKS];

static void interrupt(void *context) {
  struct virtio_block *block = context;
  uint16_t head;
  uint32_t length;
  trace("interrupt: from vd%c", 'a' + (int)(block - blocks));
  virtio_acknowledge(block->queue.device);
  while (virtqueue_take(&block->queue, &head, &length)) {
    trace("virtqueue: the chain came back, status %u", block->status);
    block->done = true;
  }
  /* 2.1.2: the device met an error that it cannot put into a status byte, such as a descriptor outside of
   * memory. */
  if (!block->stopped && (register_read(block->queue.device + Status) & STATUS_NEEDS_RESET)) {
    log_line("virtio_blk: vd%c stopped and needs a reset", 'a' + (int)(block - blocks));
    block->stopped = block->done = true;
  }
  if (block->done) wake(block);
}

static void describe(struct virtio_block *block, uint16_t at, const volatile void *bytes, uint32_t length,
                     uint16_t flags) {
  block->queue.descriptors[at] = (struct descriptor){(uintptr_t)bytes, 0, length, flags, (uint16_t)(at + 1)};
}

/* The chain (5.2.6): what is asked, the data, and a byte for the answer. */
static int request(struct disk *disk, uint32_t type, uint64_t sector, void *const *sectors, uint32_t count) {
  struct virtio_block *block = (struct virtio_block *)disk;
  if (block->stopped) return -EIO;
  block->header.type = type;
  block->header.sector = sector;
  block->status = 0xff;
  block->done = false;
  describe(block, 0, &block->header, sizeof block->header, DESCRIPTOR_NEXT);
  uint16_t data = DESCRIPTOR_NEXT | (type == REQUEST_READ ? DESCRIPTOR_WRITE : 0);
  for (uint32_t i = 0; i < count; i++) describe(block, (uint16_t)(i + 1), sectors[i], SECTOR_SIZE, data);
  describe(block, (uint16_t)(count + 1), &block->status, 1, DESCRIPTOR_WRITE);
  trace("virtqueue: a chain of %u descriptors", count + 2);
  virtqueue_offer(&block->queue, 0);
  trace("doorbell: QueueNotify is written");
  virtqueue_notify(&block->queue);
  /* A killed process waits as well: the device still writes to this memory. */
  while (!block->done)
    if (!sleep_on(block, NEVER)) schedule();
  return block->status == STATUS_OK ? 0 : -EIO;
}

void virtio_block_probe(uint32_t index, uintptr_t base, uint32_t source) {
  uint32_t features;
  if (index == MAX_DISKS) return;
  if (!virtio_negotiate(base, F_RO | F_FLUSH, &features)) {
    log_line("virtio_blk: the device at 0x%x refuses the features", base);
    return;
  }
  struct virtio_block *block = &blocks[index];
  virtqueue_init(&block->queue, base, 0);
  plic_enable(source, interrupt, block);
  virtio_ready(base);
  block->disk.request = request;
  block->disk.sectors = (uint64_t)register_read(base + Config + 4) << 32 | register_read(base + Config);
  block->disk.read_only = (features & F_RO) != 0;
  block->disk.can_flush = (features & F_FLUSH) != 0;
  log_line("virtio_blk: vd%c at 0x%x, interrupt %u, %u sectors of 512 bytes%s%s", 'a' + index, base, source,
           (uint32_t)block->disk.sectors, block->disk.read_only ? ", read-only" : "",
           block->disk.can_flush ? ", flush" : "");
  disk_found(&block->disk, index);
}
