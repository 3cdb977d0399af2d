/* What the device tree tells about the machine (Devicetree Specification 0.4). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define MAX_VIRTIO 8

struct device_place {
  uintptr_t base;
  uint32_t interrupt;
};

struct machine {
  uint32_t hart;
  uintptr_t ram;
  uint32_t ram_size;
  uint32_t device_tree_size;
  uint32_t timebase;        /* ticks of `time` a second */
  struct device_place uart; /* base 0: there is none */
  struct device_place gpio; /* base 0: there is none */
  bool power_key;
  uint32_t power_pin;
  uintptr_t plic;
  uint32_t plic_context; /* of this hart in S mode */
  struct device_place virtio[MAX_VIRTIO];
  uint32_t virtio_count;
  uintptr_t initramfs, initramfs_end; /* 0: none */
  char command_line[256];
};

extern struct machine machine;

/* Fills `machine`; false when `blob` is no device tree. */
bool device_tree_read(uint32_t hart, const void *blob);
/* The value of NAME=… on the kernel's command line, copied; false when it is not there. */
bool command_line_value(const char *name, char *value, uint32_t size);
