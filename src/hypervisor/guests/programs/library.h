/* What programs stand on: system calls by name, printing, error texts. */
#pragma once
#include "systemCalls.h"
#include "text.h"

int system_call(int number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);

void exit(int code) __attribute__((noreturn));
int fork(void);
int exec(const char *path, char *const *argv);
int wait_for(int pid, int *code);
int getpid(void);
int open(const char *path, int flags);
int close(int fd);
int read(int fd, void *buffer, uint32_t size);
int write(int fd, const void *buffer, uint32_t size);
void sleep_milliseconds(uint32_t milliseconds);
uint32_t microseconds(void);

void print(const char *text, ...);
/* To standard error, with the program's name before it and a line end behind; the result is 1, an exit code.
 */
int fail(const char *text, ...);
/* "NAME: WHAT: why", for a negative result of a system call. */
int fail_with(const char *what, int error);
const char *error_text(int error);
/* All of a file to standard output; the result is an exit code. */
int print_file(const char *path);
/* The value of NAME=… on the kernel's command line; false when it is not there. */
bool command_line_value(const char *name, char *value, uint32_t size);
/* a.b.c.d; false when it is none. */
bool parse_address(const char *text, uint32_t *address);
/* aa:bb:cc:dd:ee:ff */
bool parse_mac(const char *text, uint8_t mac[6]);

extern const char *program_name;
