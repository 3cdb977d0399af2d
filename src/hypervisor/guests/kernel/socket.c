#include <stdbool.h>
#include "socket.h"
#include "network.h"
#include "pages.h"
#include "process.h"
#include "riscv.h"
#include "text.h"

#define MAX_SOCKETS 8
#define MAX_WAITING 16

/* A packet that waits; the page behind this header holds it. */
struct packet {
  struct packet *next;
  struct endpoint from;
  uint32_t size;
  uint8_t bytes[];
};

struct socket {
  bool used;
  uint32_t kind;
  uint16_t port;
  struct packet *first;
  uint32_t waiting;
};

static struct socket sockets[MAX_SOCKETS];

static void close(struct file *file) {
  struct socket *socket = file->object;
  for (struct packet *p = socket->first, *next; p != NULL; p = next) {
    next = p->next;
    page_free(p);
  }
  socket->used = false;
}

static const struct file_operations socket_operations = {.close = close};

bool is_socket(const struct file *file) { return file->operations == &socket_operations; }

static bool port_is_taken(uint16_t port) {
  for (const struct socket *s = sockets; s < sockets + MAX_SOCKETS; s++)
    if (s->used && s->kind == SOCKET_UDP && s->port == port) return true;
  return false;
}

int socket_open(uint32_t kind, uint16_t port, struct file **file) {
  static uint16_t turn; /* RFC 6335: ports from 49152 on are for whoever names none */
  if (kind > SOCKET_UDP) return -EINVAL;
  if (!network.up) return -ENODEV;
  if (kind == SOCKET_UDP && port == 0)
    while (port_is_taken(port = (uint16_t)(49152 + turn++ % 16384))) continue;
  if (kind == SOCKET_UDP && port_is_taken(port)) return -EEXIST;
  for (struct socket *s = sockets; s < sockets + MAX_SOCKETS; s++) {
    if (s->used) continue;
    *file = file_allocate(&socket_operations, s);
    if (*file == NULL) return -ENFILE;
    *s = (struct socket){true, kind, port, NULL, 0};
    return 0;
  }
  return -ENFILE;
}

/* From an interrupt. When a program does not fetch its packets, or memory is short, they are lost. */
static void deliver(struct socket *socket, const struct endpoint *from, const uint8_t *bytes, uint32_t size) {
  if (socket->waiting == MAX_WAITING || size > PAGE_SIZE - sizeof(struct packet)) return;
  struct packet *packet = page_allocate();
  if (packet == NULL) return;
  packet->next = NULL;
  packet->from = *from;
  packet->size = size;
  memcpy(packet->bytes, bytes, size);
  struct packet **end = &socket->first;
  while (*end != NULL) end = &(*end)->next;
  *end = packet;
  socket->waiting++;
  wake(socket);
}

bool sockets_deliver(uint32_t kind, uint16_t local_port, uint32_t source, uint16_t port, uint8_t ttl,
                     const uint8_t *bytes, uint32_t size) {
  struct endpoint from = {source, port, ttl};
  bool taken = false;
  for (struct socket *s = sockets; s < sockets + MAX_SOCKETS; s++) {
    if (!s->used || s->kind != kind || (kind == SOCKET_UDP && s->port != local_port)) continue;
    deliver(s, &from, bytes, size);
    taken = true;
  }
  return taken;
}

int socket_send(struct file *file, uint8_t *packet, uint32_t size, const struct endpoint *to) {
  const struct socket *socket = file->object;
  int error = 0;
  switch (socket->kind) {
    case SOCKET_FRAMES:
      if (size < ETHERNET_HEADER || size > MAX_FRAME) return -EMSGSIZE;
      interface_send(packet + SOCKET_ROOM, size);
      break;
    case SOCKET_ICMP:
      error = ipv4_send(to->address, PROTOCOL_ICMP, packet + SOCKET_ROOM - IPV4_HEADER, size);
      break;
    default: error = udp_send(socket->port, to->address, to->port, packet, size);
  }
  return error != 0 ? error : (int)size;
}

int socket_receive(struct file *file, uint8_t *to, uint32_t size, struct endpoint *from, uint64_t deadline) {
  struct socket *socket = file->object;
  while (socket->first == NULL) {
    if (current->killed) return -EINTR;
    if (time_now() >= deadline) return -EAGAIN;
    sleep_on(socket, deadline);
  }
  struct packet *packet = socket->first;
  socket->first = packet->next;
  socket->waiting--;
  if (size > packet->size) size = packet->size;
  memcpy(to, packet->bytes, size);
  *from = packet->from;
  page_free(packet);
  return (int)size;
}
