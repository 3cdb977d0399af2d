/* UDP datagrams over IPv4 over Ethernet, as much as booting needs. Addresses and ports are in host order. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define DATAGRAM_MAX 1472

struct internet {
  uint32_t address, mask, router; /* address 0: none yet */
};
extern struct internet internet;

struct datagram {
  uint32_t from, to;
  uint16_t from_port, to_port;
  uint8_t *bytes; /* inside of the frame's buffer: gone at the next `udp_receive` */
  uint32_t size;
};

/* To everybody when `to` is all ones, else to a neighbour's or the router's station. False when that does not
 * answer. */
bool udp_send(uint32_t to, uint16_t to_port, uint16_t from_port, const void *bytes, uint32_t size);
/* The next datagram for `port`, within so many microseconds. False: none came. What else comes is passed
 * over; who asks for this machine's station is answered. */
bool udp_receive(uint16_t port, uint32_t within, struct datagram *datagram);

uint32_t get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
void put16(uint8_t *at, uint32_t value);
void put32(uint8_t *at, uint32_t value);
