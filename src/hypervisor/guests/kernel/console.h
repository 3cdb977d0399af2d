/* The terminal: what is typed comes line by line, with echo, backspace and Ctrl-C (termios(3): canonical
 * mode). */
#pragma once
#include <stdint.h>

/* From the firmware's console to the serial port, if there is one. */
void console_init(void);
void console_put(char c);
/* A part of a line, at most `size` bytes; waits for one. 0 after Ctrl-D, or an error number. */
int console_read(char *buffer, uint32_t size);
/* Asks the firmware's console, which has no interrupt, for what was typed. */
void console_poll(void);
void console_set_foreground(int pid);
