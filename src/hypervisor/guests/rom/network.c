/* A polled driver for the network card (Virtual I/O Device 1.2, 5.1): queue 0 receives, queue 1 transmits, no
 * offloads. */
#include "machine.h"
#include "riscv.h"
#include "rom.h"
#include "text.h"
#include "virtio.h"

#define F_MAC (1u << 5)
#define F_STATUS (1u << 16)
#define LINK_UP 1

#define RECEIVE 0
#define TRANSMIT 1
/* struct virtio_net_hdr (5.1.6), all zeros without offloads. */
#define HEADER 12
#define BUFFER 1536
#define BUFFERS 8

static struct virtqueue received, sent;
static uint8_t buffers[BUFFERS][BUFFER] __attribute__((aligned(4)));
static uint8_t outgoing[BUFFER] __attribute__((aligned(4)));
static uint8_t mac[6];

const uint8_t *card_mac(void) { return mac; }

int card_open(uint32_t slot) {
  uint32_t features;
  service_exit();
  uintptr_t base = machine.virtio[slot].base;
  if (!virtio_negotiate(base, F_MAC | F_STATUS, &features) || (features & F_MAC) == 0) return REFUSED;
  for (uint32_t i = 0; i < sizeof mac; i++) mac[i] = register_read8(base + Config + i);
  virtqueue_init(&received, base, RECEIVE);
  virtqueue_init(&sent, base, TRANSMIT);
  received.available->flags = sent.available->flags = 1; /* no interrupts (2.7.7) */
  for (uint16_t i = 0; i < BUFFERS; i++) {
    received.descriptors[i] = (struct descriptor){(uintptr_t)buffers[i], 0, BUFFER, DESCRIPTOR_WRITE, 0};
    virtqueue_offer(&received, i);
  }
  virtio_ready(base);
  virtqueue_notify(&received);
  if ((features & F_STATUS) != 0 && (register_read8(base + Config + 6) & LINK_UP) == 0) return LINK_DOWN;
  return DONE;
}

/* One frame at a time: the last one is gone before the buffer is used again. */
void card_send(const void *frame, uint32_t size) {
  uint16_t head;
  uint32_t length;
  memset(outgoing, 0, HEADER);
  memcpy(outgoing + HEADER, frame, size);
  sent.descriptors[0] = (struct descriptor){(uintptr_t)outgoing, 0, HEADER + size, 0, 0};
  virtqueue_offer(&sent, 0);
  virtqueue_notify(&sent);
  uint32_t start = now(), passed = 0;
  while (!virtqueue_take(&sent, &head, &length) && passed < 1000000) {
    relax(passed);
    passed = now() - start;
  }
}

uint32_t card_receive(void *frame, uint32_t most) {
  uint16_t head;
  uint32_t length, size = 0;
  if (!virtqueue_take(&received, &head, &length)) return 0;
  virtio_acknowledge(received.device);
  if (head < BUFFERS && length > HEADER && length <= BUFFER) {
    size = length - HEADER < most ? length - HEADER : most;
    memcpy(frame, buffers[head] + HEADER, size);
  }
  virtqueue_offer(&received, head); /* the buffer is used again */
  virtqueue_notify(&received);
  return size;
}
