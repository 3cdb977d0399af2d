/* What all virtio drivers share: finding devices, agreeing on features, split virtqueues (Virtual I/O
 * Device 1.2). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Registers of the memory-mapped transport (4.2.2). */
enum {
  MagicValue = 0x000,
  Version = 0x004,
  DeviceID = 0x008,
  DeviceFeatures = 0x010,
  DeviceFeaturesSel = 0x014,
  DriverFeatures = 0x020,
  DriverFeaturesSel = 0x024,
  QueueSel = 0x030,
  QueueSizeMax = 0x034,
  QueueSize = 0x038,
  QueueReady = 0x044,
  QueueNotify = 0x050,
  InterruptStatus = 0x060,
  InterruptACK = 0x064,
  Status = 0x070,
  QueueDescLow = 0x080,
  QueueDescHigh = 0x084,
  QueueDriverLow = 0x090,
  QueueDriverHigh = 0x094,
  QueueDeviceLow = 0x0a0,
  QueueDeviceHigh = 0x0a4,
  Config = 0x100,
};

/* Device status bits (2.1). */
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED 128

/* Split virtqueues (2.7). */
#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_WRITE 2 /* the device writes here */

struct descriptor {
  uint32_t address, address_high;
  uint32_t length;
  uint16_t flags, next;
};

#define QUEUE_ENTRIES 16

struct available_ring {
  uint16_t flags, index, ring[QUEUE_ENTRIES];
};

struct used_ring {
  uint16_t flags, index;
  struct {
    uint32_t head, length;
  } ring[QUEUE_ENTRIES];
};

struct virtqueue {
  uintptr_t device; /* its registers */
  uint32_t number;
  struct descriptor *descriptors;
  volatile struct available_ring *available;
  volatile struct used_ring *used;
  uint16_t seen; /* used entries that the driver has taken */
};

struct virtio_driver {
  const char *name;
  uint32_t device;
  /* `index` counts this driver's devices from 0 on. */
  void (*probe)(uint32_t index, uintptr_t base, uint32_t interrupt);
};

/* Looks into every slot, and starts the drivers that the initramfs lists in etc/modules. */
void virtio_init(void);
/* Steps 1 to 6 of 3.1.1; `wanted` are features of bits 0 to 31. Returns what both sides have of them, or
 * false. */
bool virtio_negotiate(uintptr_t base, uint32_t wanted, uint32_t *accepted);
/* Step 7: memory for a queue. */
void virtqueue_init(struct virtqueue *queue, uintptr_t base, uint32_t number);
/* Step 8. */
void virtio_ready(uintptr_t base);
/* Makes the chain that starts at a descriptor available; the device hears of it by `virtqueue_notify`. */
void virtqueue_offer(struct virtqueue *queue, uint16_t head);
void virtqueue_notify(struct virtqueue *queue);
/* The next chain that the device has used; false when there is none. */
bool virtqueue_take(struct virtqueue *queue, uint16_t *head, uint32_t *length);
/* Tells the device that its interrupt was seen. */
void virtio_acknowledge(uintptr_t base);
