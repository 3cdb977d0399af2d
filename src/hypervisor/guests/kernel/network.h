/* The network, layer by layer: driver, Ethernet, ARP, IPv4, ICMP and UDP, sockets. Headers are built byte by
 * byte, big-endian. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MAC_SIZE 6
#define ETHERNET_HEADER 14
#define IPV4_HEADER 20
#define MAX_FRAME 1514

/* The one interface, eth0. */
struct network {
  bool up;
  uint8_t mac[MAC_SIZE];
  uint32_t address, prefix, gateway; /* host order; address 0: none yet */
  uint32_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

extern struct network network;

/* Applies ip=ADDRESS/PREFIX[,gw=ADDRESS] from the command line. */
void network_init(void);

/* virtioNet.c: sends a whole frame; a frame that finds no room is lost. */
void interface_send(const void *frame, uint32_t size);

/* ethernet.c */
void ethernet_receive(const uint8_t *frame, uint32_t size);
void ethernet_send(const uint8_t destination[MAC_SIZE], uint16_t type, const void *payload, uint32_t size);

/* arp.c: sends an IPv4 packet to a neighbour, after asking for its MAC address where that is not known. */
void arp_receive(const uint8_t *packet, uint32_t size);
void arp_send_ipv4(uint32_t neighbour, const void *packet, uint32_t size);
struct text;
void arp_tell(struct text *to);

/* ipv4.c: `payload` has been put behind room for the header, IPV4_HEADER bytes from `packet` on. 0 or an
 * error number. */
#define PROTOCOL_ICMP 1
#define PROTOCOL_UDP 17
void ipv4_receive(const uint8_t *packet, uint32_t size);
int ipv4_send(uint32_t destination, uint8_t protocol, uint8_t *packet, uint32_t payload_size);
/* The Internet checksum (RFC 1071), to be continued from `sum`. */
uint32_t checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t size);
uint16_t checksum_end(uint32_t sum);

/* icmp.c, udp.c */
void icmp_receive(uint32_t source, uint8_t ttl, const uint8_t *message, uint32_t size);
void udp_receive(uint32_t source, uint8_t ttl, const uint8_t *datagram, uint32_t size);
#define UDP_HEADER 8
int udp_send(uint16_t source_port, uint32_t destination, uint16_t port, uint8_t *packet, uint32_t size);

/* socket.c: to all sockets of a kind (and port, for UDP). True when one took it. */
bool sockets_deliver(uint32_t kind, uint16_t local_port, uint32_t source, uint16_t port, uint8_t ttl,
                     const uint8_t *bytes, uint32_t size);

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static inline void put16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value;
}
static inline void put32(uint8_t *at, uint32_t value) {
  put16(at, (uint16_t)(value >> 16)), put16(at + 2, (uint16_t)value);
}
