/*
 * The border between programs and the kernel: numbers (in a7), structures and errors. The numbers are those
 * of Linux on RISC-V where the call means the same, so that a trace reads as one is used to; arguments are
 * often simpler than there. A negative result is an error number.
 */
#pragma once
#include <stdint.h>

#define SYS_GETCWD 17       /* (buffer of MAX_PATH bytes) */
#define SYS_DUP2 24         /* (from, to) */
#define SYS_MKDIR 34        /* (path) */
#define SYS_UNLINK 35       /* (path) */
#define SYS_CHDIR 49        /* (path) */
#define SYS_OPEN 56         /* (path, flags) */
#define SYS_CLOSE 57        /* (fd) */
#define SYS_GETDENTS 61     /* (fd, struct directory_entry *): 1, or 0 at the end */
#define SYS_LSEEK 62        /* (fd, low, high) from the start of the file */
#define SYS_READ 63         /* (fd, buffer, size) */
#define SYS_WRITE 64        /* (fd, buffer, size) */
#define SYS_SYNC 81         /* () */
#define SYS_FSYNC 82        /* (fd) */
#define SYS_EXIT 93         /* (code) */
#define SYS_NANOSLEEP 101   /* (milliseconds) */
#define SYS_YIELD 124       /* () */
#define SYS_KILL 129        /* (pid, or -1: all but the first and the caller) */
#define SYS_REBOOT 142      /* (REBOOT_…) */
#define SYS_GETTIME 169     /* (): microseconds since power-on, low 32 bits */
#define SYS_GETPID 172      /* () */
#define SYS_SOCKET 198      /* (SOCKET_…, port) */
#define SYS_SENDTO 206      /* (fd, buffer, size, const struct endpoint *) */
#define SYS_RECVFROM 207    /* (fd, buffer, size, struct endpoint *, milliseconds) */
#define SYS_BRK 214         /* (address): the new end of the heap; 0 asks for it */
#define SYS_FORK 220        /* () */
#define SYS_EXEC 221        /* (path, argv) */
#define SYS_WAIT 260        /* (pid or -1, int *code, 0 or WAIT_NO_HANG) */
#define SYS_FOREGROUND 1000 /* (pid): whom Ctrl-C ends */
#define SYS_PHYSICAL 1001   /* (low, high, store, uint32_t *value): see kernel/attacks/physical.c */
#define SYS_HOG 1002        /* (): see kernel/attacks/hog.c */
#define SYS_DMA 1004        /* (low, sector, write): see kernel/attacks/dma.c */
#define SYS_TRACE 1005      /* (on): the list begins anew; see kernel/trace.h */
#define SYS_NETWORK 1003    /* (address, prefix length, gateway): sets the interface's address */

#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_APPEND 02000

#define WAIT_NO_HANG 1

#define REBOOT_POWER_OFF 0
#define REBOOT_RESTART 1

#define KIND_FILE 0
#define KIND_DIRECTORY 1
#define KIND_DEVICE 2

struct directory_entry {
  char name[32];
  uint32_t size;
  uint32_t kind;
};

#define SOCKET_FRAMES 0 /* whole Ethernet frames, all that arrive */
#define SOCKET_ICMP 1   /* ICMP messages; echo replies arrive */
#define SOCKET_UDP 2

struct endpoint {
  uint32_t address; /* host order */
  uint16_t port;
  uint16_t ttl; /* of a packet received */
};

#define MAX_ARGUMENTS 16
#define MAX_PATH 64

#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EFBIG 27
#define ENOSPC 28
#define EROFS 30
#define ENAMETOOLONG 36
#define ENOSYS 38
#define ENOTEMPTY 39
#define EMSGSIZE 90
#define ENETUNREACH 101
#define ETIMEDOUT 110
