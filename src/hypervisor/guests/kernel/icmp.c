/* Echo: the request is answered here, the reply goes to whoever asked (RFC 792). */
#include "network.h"
#include "systemCalls.h"
#include "text.h"

#define ECHO_REPLY 0
#define ECHO_REQUEST 8

static void reply(uint32_t to, const uint8_t *request, uint32_t size) {
  static uint8_t packet[MAX_FRAME];
  uint8_t *message = packet + IPV4_HEADER;
  if (size > sizeof packet - IPV4_HEADER) return;
  memcpy(message, request, size);
  message[0] = ECHO_REPLY;
  put16(message + 2, 0);
  put16(message + 2, checksum_end(checksum_add(0, message, size)));
  ipv4_send(to, PROTOCOL_ICMP, packet, size);
}

void icmp_receive(uint32_t source, uint8_t ttl, const uint8_t *message, uint32_t size) {
  if (size < 8 || checksum_end(checksum_add(0, message, size)) != 0) return;
  if (message[0] == ECHO_REQUEST)
    reply(source, message, size);
  else
    sockets_deliver(SOCKET_ICMP, 0, source, 0, ttl, message, size);
}
