/* Who has this IPv4 address? (RFC 826) */
#include "network.h"
#include "proc.h"
#include "systemCalls.h"
#include "text.h"
#include "timer.h"
#include "trace.h"

#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define REQUEST 1
#define REPLY 2
#define SIZE 28
#define ENTRIES 8
#define RETRY_MILLISECONDS 1000

struct neighbour {
  uint32_t address; /* 0: unused */
  bool known;
  uint8_t mac[MAC_SIZE];
  uint64_t asked;
  uint32_t waiting_size; /* the last packet that waits for the answer */
  uint8_t waiting[MAX_FRAME - ETHERNET_HEADER];
};

static struct neighbour neighbours[ENTRIES];

static void send(uint16_t operation, const uint8_t *to_mac, uint32_t to) {
  static const uint8_t broadcast[MAC_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  uint8_t packet[SIZE];
  put16(packet, 1); /* hardware: Ethernet */
  put16(packet + 2, TYPE_IPV4);
  packet[4] = MAC_SIZE;
  packet[5] = 4;
  put16(packet + 6, operation);
  memcpy(packet + 8, network.mac, MAC_SIZE);
  put32(packet + 14, network.address);
  if (operation == REPLY)
    memcpy(packet + 18, to_mac, MAC_SIZE);
  else
    memset(packet + 18, 0, MAC_SIZE);
  put32(packet + 24, to);
  ethernet_send(operation == REPLY ? to_mac : broadcast, TYPE_ARP, packet, SIZE);
}

static struct neighbour *find(uint32_t address) {
  for (struct neighbour *n = neighbours; n < neighbours + ENTRIES; n++)
    if (n->address == address) return n;
  return NULL;
}

/* A free place, or else the next in turn: the table never is full. */
static struct neighbour *add(uint32_t address) {
  static uint32_t turn;
  struct neighbour *n = find(0);
  if (n == NULL) n = &neighbours[turn++ % ENTRIES];
  n->address = address;
  n->known = false;
  n->asked = 0;
  n->waiting_size = 0;
  return n;
}

static void learn(uint32_t address, const uint8_t *mac, bool may_add) {
  struct neighbour *n = find(address);
  if (n == NULL && may_add) n = add(address);
  if (n == NULL) return;
  memcpy(n->mac, mac, MAC_SIZE);
  n->known = true;
  if (n->waiting_size == 0) return;
  ethernet_send(n->mac, TYPE_IPV4, n->waiting, n->waiting_size);
  n->waiting_size = 0;
}

void arp_receive(const uint8_t *packet, uint32_t size) {
  if (size < SIZE || get16(packet) != 1 || get16(packet + 2) != TYPE_IPV4 || packet[4] != MAC_SIZE ||
      packet[5] != 4)
    return;
  uint32_t sender = get32(packet + 14), target = get32(packet + 24);
  bool mine = network.address != 0 && target == network.address;
  if (sender != 0)
    learn(sender, packet + 8,
          mine); /* RFC 826, "Packet Reception": a known address is always brought up to date */
  if (mine && get16(packet + 6) == REQUEST) send(REPLY, packet + 8, sender);
}

void arp_send_ipv4(uint32_t neighbour, const void *packet, uint32_t size) {
  struct neighbour *n = find(neighbour);
  if (n == NULL) n = add(neighbour);
  if (n->known) {
    ethernet_send(n->mac, TYPE_IPV4, packet, size);
    return;
  }
  trace("arp: %I is not known yet, the packet waits", neighbour);
  if (size > sizeof n->waiting) return;
  memcpy(n->waiting, packet, size);
  n->waiting_size = size;
  uint64_t now = time_now();
  if (n->asked != 0 && now - n->asked < ticks_from_milliseconds(RETRY_MILLISECONDS)) return;
  n->asked = now;
  send(REQUEST, NULL, neighbour);
}

void arp_tell(struct text *to) {
  for (const struct neighbour *n = neighbours; n < neighbours + ENTRIES; n++) {
    if (n->address == 0) continue;
    if (n->known)
      proc_print(to, "%I at %M\n", n->address, n->mac);
    else
      proc_print(to, "%I has not answered\n", n->address);
  }
}
