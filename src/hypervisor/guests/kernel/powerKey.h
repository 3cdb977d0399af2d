/* The key by which somebody outside asks the machine to power off: a gpio-keys node on a SiFive GPIO
 * controller (FU540-C000 manual, chapter "General Purpose Input/Output Controller"). */
#pragma once
#include <stdint.h>

struct file;

void power_key_init(void);
/* /dev/powerkey: a read waits for the next press, and gives a line. -ENODEV: this machine has no such key. */
int power_key_open(void);
int power_key_read(struct file *file, void *buffer, uint32_t size);
