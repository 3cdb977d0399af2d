/* Sockets: where packets wait for the program that wants them. */
#pragma once
#include "file.h"

int socket_open(uint32_t kind, uint16_t port, struct file **file);
bool is_socket(const struct file *file);
/* `packet` is a page, with `size` bytes to send behind SOCKET_ROOM bytes for headers. */
#define SOCKET_ROOM 28
int socket_send(struct file *file, uint8_t *packet, uint32_t size, const struct endpoint *to);
/* Waits for a packet until `deadline`; -EAGAIN after it. */
int socket_receive(struct file *file, uint8_t *to, uint32_t size, struct endpoint *from, uint64_t deadline);
