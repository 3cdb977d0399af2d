/* The network device (5.1): queue 0 receives, queue 1 transmits, no offloads. */
#include "log.h"
#include "network.h"
#include "pages.h"
#include "plic.h"
#include "riscv.h"
#include "text.h"
#include "trace.h"
#include "virtio.h"
#include "virtioDrivers.h"

#define F_MAC (1u << 5)

#define RECEIVE 0
#define TRANSMIT 1

/* struct virtio_net_hdr (5.1.6), all zeros without offloads. */
#define HEADER_SIZE 12
#define BUFFER_SIZE 2048

static struct virtqueue receive_queue, transmit_queue;
static uint8_t *receive_buffers[QUEUE_ENTRIES], *transmit_buffers[QUEUE_ENTRIES];
static uint32_t free_transmit; /* a bit for each buffer that the device does not have */

static void interrupt(void *context) {
  (void)context;
  uint16_t head;
  uint32_t length;
  trace("interrupt: from eth0");
  virtio_acknowledge(receive_queue.device);
  bool received = false;
  while (virtqueue_take(&receive_queue, &head, &length)) {
    if (length > HEADER_SIZE && length <= BUFFER_SIZE)
      ethernet_receive(receive_buffers[head] + HEADER_SIZE, length - HEADER_SIZE);
    virtqueue_offer(&receive_queue, head); /* the buffer is used again */
    received = true;
  }
  if (received) virtqueue_notify(&receive_queue);
}

static void collect_sent(void) {
  uint16_t head;
  uint32_t length;
  while (virtqueue_take(&transmit_queue, &head, &length)) free_transmit |= 1u << head;
}

void interface_send(const void *frame, uint32_t size) {
  if (!network.up || size > MAX_FRAME) return;
  collect_sent();
  for (uint16_t i = 0; i < QUEUE_ENTRIES; i++) {
    if ((free_transmit & 1u << i) == 0) continue;
    free_transmit &= ~(1u << i);
    memcpy(transmit_buffers[i] + HEADER_SIZE, frame, size);
    transmit_queue.descriptors[i].length = HEADER_SIZE + size;
    trace("virtqueue: a frame of %u bytes to send", size);
    virtqueue_offer(&transmit_queue, i);
    trace("doorbell: QueueNotify is written");
    virtqueue_notify(&transmit_queue);
    network.tx_packets++;
    network.tx_bytes += size;
    return;
  }
}

/* Each descriptor has its buffer for good; two buffers share a page. */
static void give_buffers(struct virtqueue *queue, uint8_t **buffers, uint16_t flags) {
  for (uint16_t i = 0; i < QUEUE_ENTRIES; i++) {
    buffers[i] = i % 2 == 0 ? page_allocate() : buffers[i - 1] + BUFFER_SIZE;
    if (buffers[i] == NULL) panic("no memory for network buffers");
    queue->descriptors[i] = (struct descriptor){(uintptr_t)buffers[i], 0, BUFFER_SIZE, flags, 0};
  }
}

void virtio_net_probe(uint32_t index, uintptr_t base, uint32_t source) {
  uint32_t features;
  if (index > 0) {
    log_line("virtio_net: a second interface at 0x%x is left alone", base);
    return;
  }
  if (!virtio_negotiate(base, F_MAC, &features) || (features & F_MAC) == 0) {
    log_line("virtio_net: the device at 0x%x refuses the features", base);
    return;
  }
  for (uint32_t i = 0; i < MAC_SIZE; i++) network.mac[i] = register_read8(base + Config + i);
  virtqueue_init(&receive_queue, base, RECEIVE);
  virtqueue_init(&transmit_queue, base, TRANSMIT);
  give_buffers(&receive_queue, receive_buffers, DESCRIPTOR_WRITE);
  give_buffers(&transmit_queue, transmit_buffers, 0);
  free_transmit = (1u << QUEUE_ENTRIES) - 1;
  transmit_queue.available->flags =
      1; /* no interrupt for what was sent (2.7.7): buffers are collected at the next send */
  for (uint16_t i = 0; i < QUEUE_ENTRIES; i++) virtqueue_offer(&receive_queue, i);
  plic_enable(source, interrupt, NULL);
  virtio_ready(base);
  virtqueue_notify(&receive_queue);
  network.up = true;
  log_line("virtio_net: eth0 at 0x%x, interrupt %u, mac %M", base, source, network.mac);
}
