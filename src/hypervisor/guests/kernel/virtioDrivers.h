#pragma once
#include <stdint.h>

void virtio_block_probe(uint32_t index, uintptr_t base, uint32_t interrupt);
void virtio_balloon_probe(uint32_t index, uintptr_t base, uint32_t interrupt);
void virtio_net_probe(uint32_t index, uintptr_t base, uint32_t interrupt);
