/* System calls: number in a7, arguments in a0 to a4, result in a0. */
#pragma once
#include "trap.h"

void syscall_handle(struct trap_frame *frame);

typedef int system_call(const uint32_t *a);
system_call sys_dup2, sys_mkdir, sys_unlink, sys_chdir, sys_open, sys_close, sys_getdents, sys_lseek,
    sys_read, sys_write, sys_sync, sys_fsync; /* syscallFile.c */
system_call sys_exit, sys_sleep, sys_yield, sys_kill, sys_reboot, sys_gettime, sys_getpid, sys_getcwd,
    sys_brk, sys_fork, sys_exec, sys_wait, sys_foreground, sys_trace; /* syscallProcess.c */
system_call sys_socket, sys_sendto, sys_recvfrom, sys_network;        /* syscallNetwork.c */
system_call sys_physical, sys_hog, sys_dma;                           /* attacks/ */
