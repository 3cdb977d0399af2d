/* A polled driver for the block device (Virtual I/O Device 1.2, 5.2): one request, and nothing else happens
 * until it is answered. */
#include "machine.h"
#include "riscv.h"
#include "rom.h"
#include "text.h"
#include "virtio.h"

#define REQUEST_READ 0
#define STATUS_OK 0
/* Patience with a device that never answers, in microseconds. */
#define PATIENCE 5000000u

static struct {
  bool open;
  uint32_t slot;
  struct virtqueue queue;
} disk;

static struct {
  uint32_t type, reserved;
  uint64_t sector;
} header;
static volatile uint8_t status;

void disk_forget(void) { disk.open = false; }

static int set_up(uint32_t slot) {
  uint32_t features;
  if (disk.open && disk.slot == slot) return DONE;
  if (device_in(slot) != DEVICE_DISK) return NO_DEVICE;
  service_exit(); /* of one device at a time */
  uintptr_t base = machine.virtio[slot].base;
  if (!virtio_negotiate(base, 0, &features)) return REFUSED;
  virtqueue_init(&disk.queue, base, 0);
  disk.queue.available->flags = 1; /* no interrupts (2.7.7): the ring is looked at instead */
  virtio_ready(base);
  disk.slot = slot;
  disk.open = true;
  return DONE;
}

int disk_open(uint32_t slot, uint32_t *sectors) {
  int reason = set_up(slot);
  if (reason != DONE) return reason;
  uintptr_t config = machine.virtio[slot].base + Config;
  /* 5.2.4: the capacity has 64 bits; more than 2 TiB are as good as 2 TiB here. */
  *sectors = register_read(config + 4) != 0 ? UINT32_MAX : register_read(config);
  return *sectors > 0 ? DONE : TOO_SHORT;
}

static void describe(uint32_t at, const volatile void *bytes, uint32_t size, uint16_t flags) {
  disk.queue.descriptors[at] = (struct descriptor){(uintptr_t)bytes, 0, size, flags, (uint16_t)(at + 1)};
}

/* The chain (5.2.6): what is asked, the data, and a byte for the answer. */
int service_read(uint32_t slot, uint32_t sector, uint32_t count, void *to) {
  uint16_t head;
  uint32_t length;
  int reason = set_up(slot);
  if (reason != DONE) return reason;
  header.type = REQUEST_READ;
  header.sector = sector;
  status = 0xff;
  describe(0, &header, sizeof header, DESCRIPTOR_NEXT);
  describe(1, to, count * SECTOR, DESCRIPTOR_NEXT | DESCRIPTOR_WRITE);
  describe(2, &status, 1, DESCRIPTOR_WRITE);
  virtqueue_offer(&disk.queue, 0);
  virtqueue_notify(&disk.queue);
  uint32_t start = now(), passed = 0;
  while (!virtqueue_take(&disk.queue, &head, &length)) {
    /* 2.1.2: the device met an error that it cannot put into a status byte. */
    bool stopped = passed > 1000 && (register_read(disk.queue.device + Status) & STATUS_NEEDS_RESET);
    if (stopped || passed > PATIENCE) {
      service_exit();
      return stopped ? READ_ERROR : NO_ANSWER;
    }
    relax(passed);
    passed = now() - start;
  }
  virtio_acknowledge(disk.queue.device);
  return status == STATUS_OK ? DONE : READ_ERROR;
}
