/* One table from a number to what it does. */
#include "syscall.h"
#include "process.h"

static const struct {
  uint32_t number;
  system_call *call;
} calls[] = {
    {SYS_READ, sys_read},         {SYS_WRITE, sys_write},
    {SYS_OPEN, sys_open},         {SYS_CLOSE, sys_close},
    {SYS_LSEEK, sys_lseek},       {SYS_GETDENTS, sys_getdents},
    {SYS_DUP2, sys_dup2},         {SYS_MKDIR, sys_mkdir},
    {SYS_UNLINK, sys_unlink},     {SYS_CHDIR, sys_chdir},
    {SYS_GETCWD, sys_getcwd},     {SYS_SYNC, sys_sync},
    {SYS_FSYNC, sys_fsync},       {SYS_FORK, sys_fork},
    {SYS_EXEC, sys_exec},         {SYS_WAIT, sys_wait},
    {SYS_EXIT, sys_exit},         {SYS_GETPID, sys_getpid},
    {SYS_KILL, sys_kill},         {SYS_NANOSLEEP, sys_sleep},
    {SYS_YIELD, sys_yield},       {SYS_GETTIME, sys_gettime},
    {SYS_BRK, sys_brk},           {SYS_TRACE, sys_trace},
    {SYS_REBOOT, sys_reboot},     {SYS_FOREGROUND, sys_foreground},
    {SYS_SOCKET, sys_socket},     {SYS_SENDTO, sys_sendto},
    {SYS_RECVFROM, sys_recvfrom}, {SYS_NETWORK, sys_network},
    {SYS_PHYSICAL, sys_physical}, {SYS_HOG, sys_hog},
    {SYS_DMA, sys_dma},
};

void syscall_handle(struct trap_frame *frame) {
  for (uint32_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (calls[i].number != frame->x[A7]) continue;
    int result = calls[i].call(&frame->x[A0]);
    /* exec filled a new program's registers, its a0 among them */
    if (calls[i].number != SYS_EXEC || result != 0) frame->x[A0] = (uint32_t)result;
    return;
  }
  frame->x[A0] = (uint32_t)-ENOSYS;
}
