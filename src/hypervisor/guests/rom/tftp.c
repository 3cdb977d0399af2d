/* TFTP (RFC 1350) with its option blksize (RFC 2347, 2348): a block at a time, each acknowledged; what does
 * not come in time is asked for again by the last acknowledgement. */
#include "tftp.h"
#include "internet.h"
#include "rom.h"
#include "text.h"

#define SERVER_PORT 69
#define BLOCK 512
/* The largest block that fits an Ethernet frame: 1500 - 20 - 8 - 4. */
#define WANTED_BLOCK 1468
#define TRIES 5
/* Packets of no use, in one transfer: whoever sends more keeps us for nothing. */
#define STRAYS 1000
#define PATIENCE 500000u /* microseconds, doubled at each try */

enum { READ_REQUEST = 1, DATA = 3, ACKNOWLEDGE = 4, ERROR = 5, OPTIONS = 6 };
enum { ERROR_NOT_FOUND = 1, ERROR_UNKNOWN_TRANSFER = 5 };

static struct {
  uint32_t server;
  uint16_t port;     /* the server's for this transfer; 0: not known yet */
  uint16_t local;    /* ours, a new one for each transfer */
  uint32_t block;    /* size of blocks */
  uint8_t last[300]; /* what was sent last, to be sent again */
  uint32_t last_size;
} transfer;

static uint8_t *add(uint8_t *at, const char *text) {
  const uint8_t *end = transfer.last + sizeof transfer.last;
  while (*text != 0 && at < end - 1) *at++ = (uint8_t)*text++;
  *at++ = 0;
  return at;
}

static bool send_last(void) {
  uint16_t port = transfer.port == 0 ? SERVER_PORT : transfer.port;
  return udp_send(transfer.server, port, transfer.local, transfer.last, transfer.last_size);
}

static bool request(const char *path) {
  uint8_t *at = transfer.last;
  put16(at, READ_REQUEST);
  at = add(at + 2, path);
  at = add(at, "octet");
  at = add(at, "blksize");
  at = add(at, "1468");
  transfer.last_size = (uint32_t)(at - transfer.last);
  return send_last();
}

static bool acknowledge(uint32_t number) {
  put16(transfer.last, ACKNOWLEDGE);
  put16(transfer.last + 2, number);
  transfer.last_size = 4;
  return send_last();
}

/* A packet of another transfer ends that one, not ours (RFC 1350, 4). */
static void refuse(const struct datagram *d) {
  static const uint8_t packet[] = {0, ERROR, 0, ERROR_UNKNOWN_TRANSFER, 'u', 'n', 'k', 'n', 'o', 'w', 'n', 0};
  udp_send(d->from, d->from_port, d->to_port, packet, sizeof packet);
}

/* blksize of an option acknowledgement; what a server answers is not more than was asked for. False: the
 * answer is no good. */
static bool read_options(const struct datagram *d) {
  uint32_t at = 2;
  while (at < d->size) {
    const char *text[2];
    for (int i = 0; i < 2; i++) {
      text[i] = (const char *)d->bytes + at;
      while (at < d->size && d->bytes[at] != 0) at++;
      if (at++ >= d->size) return false;
    }
    uint64_t value;
    if (strcmp(text[0], "blksize") != 0 || !parse_number(text[1], &value) || value < 8 ||
        value > WANTED_BLOCK)
      return false;
    transfer.block = (uint32_t)value;
  }
  return true;
}

static int error_of(const struct datagram *d) {
  uint32_t code = get16(d->bytes + 2);
  print(" server: \"");
  for (uint32_t i = 4; i < d->size && d->bytes[i] >= 0x20 && d->bytes[i] < 0x7f; i++)
    service_print((char)d->bytes[i]);
  print("\" (error %u)", code);
  return code == ERROR_NOT_FOUND ? NOT_FOUND : TFTP_ERROR;
}

static bool of_transfer(const struct datagram *d) {
  if (d->from != transfer.server || d->size < 4) return false;
  if (transfer.port == 0) transfer.port = d->from_port;
  if (d->from_port == transfer.port) return true;
  refuse(d);
  return false;
}

/* The transfer's next packet, or false after so many tries. */
static bool next(struct datagram *d) {
  for (uint32_t tries = 0; tries < TRIES; tries++) {
    uint32_t patience = PATIENCE << tries;
    for (uint32_t start = now(), passed = 0; passed < patience; passed = now() - start) {
      if (!udp_receive(transfer.local, patience - passed, d)) break;
      if (of_transfer(d)) return true;
    }
    if (tries + 1 < TRIES && !send_last()) return false;
  }
  return false;
}

int tftp_read(uint32_t server, const char *path, uint8_t *to, uint32_t most) {
  static uint16_t ports;
  struct datagram d;
  uint32_t size = 0, expected = 1, strays = 0;
  transfer.server = server;
  transfer.port = 0;
  transfer.local = (uint16_t)(49152 + (ports++ & 0xfff));
  transfer.block = BLOCK;
  if (strlen(path) > 200) return TOO_LONG;
  if (!request(path)) return NO_SERVER;
  while (next(&d)) {
    uint32_t operation = get16(d.bytes), number = get16(d.bytes + 2), length = d.size - 4;
    if (operation == ERROR) return error_of(&d);
    if (operation == OPTIONS && expected == 1) {
      if (!read_options(&d)) return TFTP_ERROR;
      if (!acknowledge(0)) return NO_SERVER;
    }
    if (operation != DATA || number != (expected & 0xffff)) {
      /* A block that comes again: its acknowledgement was lost. */
      if (++strays > STRAYS || (operation == DATA && !send_last())) return NO_SERVER;
      continue;
    }
    if (length > transfer.block) return TFTP_ERROR;
    if (length > most - size) return TOO_LONG;
    memcpy(to + size, d.bytes + 4, length);
    size += length;
    bool sent = acknowledge(expected++);
    if (length < transfer.block) return (int)size;
    if (!sent) return NO_SERVER;
  }
  return NO_SERVER;
}
