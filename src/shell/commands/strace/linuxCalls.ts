/**
 * The system calls of Linux on x86-64 in the order of their numbers, with the sets of strace(1) that each belongs to: `%file` and the like, by a letter.
 * From strace's tables of calls (src/linux/x86_64/syscallent.h) as far as version 6.1 knows them.
 */
const table = `
read:d write:d open:df close:d stat:fta fstat:doa lstat:fla poll:d lseek:d mmap:dm mprotect:m munmap:m
brk:m rt_sigaction:s rt_sigprocmask:s rt_sigreturn:s ioctl:d pread64:d pwrite64:d readv:d writev:d
access:f pipe:d select:d sched_yield mremap:m msync:m mincore:m madvise:m shmget:i shmat:im shmctl:i dup:d
dup2:d pause:s nanosleep getitimer alarm setitimer getpid:u sendfile:dn socket:n connect:n accept:n
sendto:n recvfrom:n sendmsg:n recvmsg:n shutdown:n bind:n listen:n getsockname:n getpeername:n
socketpair:n setsockopt:n getsockopt:n clone:p fork:p vfork:p execve:fp exit:p wait4:p kill:sp uname
semget:i semop:i semctl:i shmdt:im msgget:i msgsnd:i msgrcv:i msgctl:i fcntl:d flock:d fsync:d fdatasync:d
truncate:f ftruncate:d getdents:d getcwd:f chdir:f fchdir:d rename:f mkdir:f rmdir:f creat:df link:f
unlink:f symlink:f readlink:f chmod:f fchmod:d chown:f fchown:d lchown:f umask gettimeofday:k getrlimit
getrusage sysinfo times ptrace getuid:cu syslog getgid:cu setuid:c setgid:c geteuid:cu getegid:cu setpgid
getppid:u getpgrp:u setsid setreuid:c setregid:c getgroups:c setgroups:c setresuid:c getresuid:c
setresgid:c getresgid:c getpgid setfsuid:c setfsgid:c getsid capget:c capset:c rt_sigpending:s
rt_sigtimedwait:s rt_sigqueueinfo:sp rt_sigsuspend:s sigaltstack:s utime:f mknod:f uselib:f personality
ustat:x statfs:fvx fstatfs:dwx sysfs getpriority setpriority sched_setparam sched_getparam
sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
mlock:m munlock:m mlockall:m munlockall:m vhangup modify_ldt pivot_root:f _sysctl prctl:c arch_prctl
adjtimex:k setrlimit chroot:f sync acct:f settimeofday:k mount:f umount2:f swapon:f swapoff:f reboot
sethostname setdomainname iopl ioperm create_module init_module delete_module get_kernel_syms query_module
quotactl:f nfsservctl getpmsg:n putpmsg:n afs_syscall tuxcall security gettid:u readahead:d setxattr:f
lsetxattr:f fsetxattr:d getxattr:f lgetxattr:f fgetxattr:d listxattr:f llistxattr:f flistxattr:d
removexattr:f lremovexattr:f fremovexattr:d tkill:sp time:k futex sched_setaffinity sched_getaffinity
set_thread_area io_setup:m io_destroy:m io_getevents io_submit io_cancel get_thread_area lookup_dcookie
epoll_create:d epoll_ctl_old epoll_wait_old remap_file_pages:m getdents64:d set_tid_address
restart_syscall semtimedop:i fadvise64:d timer_create timer_settime timer_gettime timer_getoverrun
timer_delete clock_settime:k clock_gettime:k clock_getres:k clock_nanosleep exit_group:p epoll_wait:d
epoll_ctl:d tgkill:sp utimes:f vserver mbind:m set_mempolicy:m get_mempolicy:m mq_open:d mq_unlink
mq_timedsend:d mq_timedreceive:d mq_notify:d mq_getsetattr:d kexec_load waitid:p add_key request_key
keyctl ioprio_set ioprio_get inotify_init:d inotify_add_watch:df inotify_rm_watch:d migrate_pages:m
openat:df mkdirat:df mknodat:df fchownat:df futimesat:df newfstatat:dfoa unlinkat:df renameat:df linkat:df
symlinkat:df readlinkat:df fchmodat:df faccessat:df pselect6:d ppoll:d unshare set_robust_list
get_robust_list splice:d tee:d sync_file_range:d vmsplice:d move_pages:m utimensat:df epoll_pwait:d
signalfd:ds timerfd_create:d eventfd:d fallocate:d timerfd_settime:d timerfd_gettime:d accept4:n
signalfd4:ds eventfd2:d epoll_create1:d dup3:d pipe2:d inotify_init1:d preadv:d pwritev:d
rt_tgsigqueueinfo:ps perf_event_open:d recvmmsg:n fanotify_init:d fanotify_mark:df prlimit64
name_to_handle_at:df open_by_handle_at:d clock_adjtime:k syncfs:d sendmmsg:n setns:d getcpu
process_vm_readv process_vm_writev kcmp finit_module:d sched_setattr sched_getattr renameat2:df seccomp
getrandom memfd_create:d kexec_file_load:d bpf:d execveat:dfp userfaultfd:d membarrier mlock2:m
copy_file_range:d preadv2:d pwritev2:d pkey_mprotect:m pkey_alloc pkey_free statx:dfoa io_pgetevents rseq
uretprobe pidfd_send_signal:dsp io_uring_setup:d io_uring_enter:ds io_uring_register:dm open_tree:df
move_mount:df fsopen:d fsconfig:df fsmount:d fspick:df pidfd_open:d clone3:p close_range openat2:df
pidfd_getfd:d faccessat2:df process_madvise:d epoll_pwait2:d mount_setattr:df quotactl_fd:d
landlock_create_ruleset:d landlock_add_rule:d landlock_restrict_self:d memfd_secret:d process_mrelease:d
futex_waitv set_mempolicy_home_node:m`;

/** A set's letter in the table. */
export const classes: Readonly<Record<string, string>> = {
  clock: 'k',
  creds: 'c',
  desc: 'd',
  file: 'f',
  fstat: 'o',
  fstatfs: 'w',
  ipc: 'i',
  lstat: 'l',
  memory: 'm',
  net: 'n',
  network: 'n',
  process: 'p',
  pure: 'u',
  signal: 's',
  stat: 't',
  '%stat': 'a',
  statfs: 'v',
  '%statfs': 'x',
};

/** Name → letters of its sets. */
export const linuxCalls: ReadonlyMap<string, string> = new Map(
  table
    .trim()
    .split(/\s+/)
    .map((word): [string, string] => {
      const [name = '', letters = ''] = word.split(':');
      return [name, letters];
    }),
);
