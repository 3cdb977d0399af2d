/* What the files of the boot ROM share. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "boot.h"

#define DEVICE_NETWORK 1
#define DEVICE_DISK 2

/* console.c */
void print(const char *text, ...);
void service_print(char c);

/* clock.c: microseconds since power-on, which wrap around after more than an hour. */
uint32_t now(void);
/* Waits a little; the more has `passed` since the waiting began, the longer. */
void relax(uint32_t passed);

/* devices.c */
/* The virtio device id in a slot; 0: none. */
uint32_t device_in(uint32_t slot);
/* vda, vdb … net0 … by the order of slots. */
const char *device_name(uint32_t slot);
void service_exit(void);

/* disk.c */
int service_read(uint32_t slot, uint32_t sector, uint32_t count, void *to);
/* DONE, or why the disk has no first sector. */
/* The device was reset: it is set up anew at the next request. */
void disk_forget(void);
int disk_open(uint32_t slot, uint32_t *sectors);

/* network.c: one card at a time. */
int card_open(uint32_t slot);
const uint8_t *card_mac(void);
void card_send(const void *frame, uint32_t size);
/* The next frame: its size, 0 when none is there. `most` bytes at most. */
uint32_t card_receive(void *frame, uint32_t most);

/* netboot.c: brings the loader to LOADER. DONE or a reason. */
int network_load(uint32_t slot);
const char *service_boot_file(void);
int service_fetch(const char *path, void *to, uint32_t most);

/* order.c: slots to try. Returns how many. */
uint32_t boot_order(const void *tree, uint32_t *slots, uint32_t most);

/* reasons.c */
const char *reason_of(int reason);

/* loaderCheck.c: DONE, or NO_LOADER when what lies at LOADER is not a whole one of so many bytes. */
int loader_check(uint32_t size);

/* start.S */
uint32_t run(uintptr_t entry, uint32_t a0, uintptr_t a1, uint32_t a2);
