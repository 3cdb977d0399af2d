/* Ethernet II, ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768). */
#include "internet.h"
#include "rom.h"
#include "text.h"

#define ETHERNET 14
#define IPV4 20
#define UDP 8
#define FRAME 1514
#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define PROTOCOL_UDP 17
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define EVERYBODY 0xffffffffu

struct internet internet;
static uint8_t in[FRAME + 2] __attribute__((aligned(4))), out[FRAME + 2] __attribute__((aligned(4)));
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* The station of one neighbour is remembered: there is one server at a time. */
static struct {
  uint32_t address;
  uint8_t mac[6];
} neighbour;

uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }
void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

/* The sum of 16-bit words, folded (RFC 1071). */
static uint32_t sum_of(const uint8_t *bytes, uint32_t size, uint32_t sum) {
  for (uint32_t i = 0; i + 1 < size; i += 2) sum += get16(bytes + i);
  if (size % 2 != 0) sum += (uint32_t)bytes[size - 1] << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/* A UDP checksum also covers addresses, protocol and length. */
static uint32_t datagram_sum(const uint8_t *ip, const uint8_t *udp, uint32_t size) {
  return sum_of(udp, size, sum_of(ip + 12, 8, PROTOCOL_UDP + size));
}

static void ethernet(const uint8_t *to, uint16_t type) {
  memcpy(out, to, 6);
  memcpy(out + 6, card_mac(), 6);
  put16(out + 12, type);
}

static void send_arp(uint16_t operation, const uint8_t *to, uint32_t target) {
  uint8_t *arp = out + ETHERNET;
  ethernet(to, TYPE_ARP);
  put16(arp, 1); /* Ethernet */
  put16(arp + 2, TYPE_IPV4);
  arp[4] = 6, arp[5] = 4;
  put16(arp + 6, operation);
  memcpy(arp + 8, card_mac(), 6);
  put32(arp + 14, internet.address);
  memset(arp + 18, 0, 6);
  if (operation == ARP_REPLY) memcpy(arp + 18, to, 6);
  put32(arp + 24, target);
  memset(arp + 28, 0, 18); /* up to the shortest frame */
  card_send(out, 60);
}

static void receive_arp(uint32_t size) {
  const uint8_t *arp = in + ETHERNET;
  if (size < ETHERNET + 28 || get16(arp + 2) != TYPE_IPV4 || internet.address == 0) return;
  uint32_t sender = get32(arp + 14);
  if (get16(arp + 6) == ARP_REPLY && sender == neighbour.address) memcpy(neighbour.mac, arp + 8, 6);
  if (get16(arp + 6) == ARP_REQUEST && get32(arp + 24) == internet.address)
    send_arp(ARP_REPLY, arp + 8, sender);
}

/* A whole datagram to this machine, or to everybody; fragments and damaged ones are dropped. */
static bool receive_ipv4(uint32_t size, struct datagram *datagram) {
  const uint8_t *ip = in + ETHERNET;
  uint32_t header = (ip[0] & 15) * 4u, total = get16(ip + 2);
  if (size < ETHERNET + IPV4 + UDP || ip[0] >> 4 != 4 || header < IPV4) return false;
  if (total > size - ETHERNET || total < header + UDP || (get16(ip + 6) & 0x3fff) != 0) return false;
  if (sum_of(ip, header, 0) != 0xffff || ip[9] != PROTOCOL_UDP) return false;
  uint8_t *udp = in + ETHERNET + header;
  uint32_t length = get16(udp + 4);
  if (length < UDP || length > total - header) return false;
  if (get16(udp + 6) != 0 && datagram_sum(ip, udp, length) != 0xffff) return false;
  *datagram = (struct datagram){get32(ip + 12),           get32(ip + 16), (uint16_t)get16(udp),
                                (uint16_t)get16(udp + 2), udp + UDP,      length - UDP};
  return datagram->to == EVERYBODY || internet.address == 0 || datagram->to == internet.address;
}

/* Takes frames until a datagram or nothing more is there. */
static bool poll(struct datagram *datagram) {
  for (uint32_t size; (size = card_receive(in, FRAME)) != 0;) {
    if (size < ETHERNET) continue;
    if (get16(in + 12) == TYPE_ARP) receive_arp(size);
    if (get16(in + 12) == TYPE_IPV4 && receive_ipv4(size, datagram)) return true;
  }
  return false;
}

bool udp_receive(uint16_t port, uint32_t within, struct datagram *datagram) {
  for (uint32_t start = now(), passed = 0; passed < within; passed = now() - start) {
    while (poll(datagram))
      if (datagram->to_port == port) return true;
    relax(passed);
  }
  return false;
}

static bool resolve(uint32_t to) {
  struct datagram other;
  if (neighbour.address == to && memcmp(neighbour.mac, broadcast, 6) != 0) return true;
  neighbour.address = to;
  memcpy(neighbour.mac, broadcast, 6);
  for (uint32_t tries = 0; tries < 3; tries++) {
    send_arp(ARP_REQUEST, broadcast, to);
    for (uint32_t start = now(), passed = 0; passed < 1000000; passed = now() - start) {
      while (poll(&other))
        continue; /* a datagram that comes now is lost; who wants an answer sends it again */
      if (memcmp(neighbour.mac, broadcast, 6) != 0) return true;
      relax(passed);
    }
  }
  return false;
}

bool udp_send(uint32_t to, uint16_t to_port, uint16_t from_port, const void *bytes, uint32_t size) {
  bool near = ((to ^ internet.address) & internet.mask) == 0;
  if (to != EVERYBODY && !resolve(near || internet.router == 0 ? to : internet.router)) return false;
  uint8_t *ip = out + ETHERNET, *udp = ip + IPV4;
  ethernet(to == EVERYBODY ? broadcast : neighbour.mac, TYPE_IPV4);
  memset(ip, 0, IPV4 + UDP);
  ip[0] = 0x45;
  put16(ip + 2, IPV4 + UDP + size);
  ip[8] = 64; /* time to live */
  ip[9] = PROTOCOL_UDP;
  put32(ip + 12, internet.address);
  put32(ip + 16, to);
  put16(ip + 10, ~sum_of(ip, IPV4, 0));
  put16(udp, from_port);
  put16(udp + 2, to_port);
  put16(udp + 4, UDP + size);
  memcpy(udp + UDP, bytes, size);
  uint32_t sum = ~datagram_sum(ip, udp, UDP + size) & 0xffff;
  put16(udp + 6, sum == 0 ? 0xffff : sum); /* 0 would mean "none" */
  uint32_t length = ETHERNET + IPV4 + UDP + size;
  if (length < 60) memset(out + length, 0, 60 - length);
  card_send(out, length < 60 ? 60 : length);
  return true;
}
