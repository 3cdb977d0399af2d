/** What a tracer asks of the kernel and is told: ptrace(2). */
import type { SignalName } from '../signals.ts';
import type { SyscallRequest } from '../syscalls.ts';

/** A tracee's children are traced from their first step, too (PTRACE_O_TRACEFORK, PTRACE_O_TRACECLONE). */
export const PTRACE_O_TRACEFORK = 2;

/** What is simulated of them: a tracee's memory and registers cannot be read or written. */
export type PtraceRequest =
  | 'PTRACE_SEIZE'
  | 'PTRACE_INTERRUPT'
  | 'PTRACE_SYSCALL'
  | 'PTRACE_DETACH'
  | 'PTRACE_GET_SYSCALL_INFO'
  | 'PTRACE_GETSIGINFO';

/** How a call ends that a signal has interrupted: the kernel's own error numbers, which only a tracer sees. */
export type RestartCode = 'ERESTARTSYS' | 'ERESTARTNOHAND' | 'ERESTART_RESTARTBLOCK';

/** PTRACE_GET_SYSCALL_INFO: in which stop a tracee is. */
export type SyscallInfo =
  | { readonly op: 'none' }
  /** `restarted`: it goes on with a call in which it was interrupted. */
  | { readonly op: 'entry'; readonly request: SyscallRequest; readonly restarted: boolean }
  | {
      readonly op: 'exit';
      readonly request: SyscallRequest;
      readonly reply:
        | { readonly value: unknown }
        | { readonly error: Error }
        | { readonly restart: RestartCode };
    };

/** siginfo_t of sigaction(2), as far as signals here carry something. */
export interface SignalInfo {
  readonly code: 'SI_USER' | 'SI_KERNEL' | 'CLD_EXITED' | 'CLD_KILLED' | 'CLD_STOPPED' | 'CLD_CONTINUED';
  /** Who sent it, or what child it tells of; as the receiver counts. */
  readonly pid?: number;
  readonly uid?: number;
  /** Of the child: its exit status, or the signal. */
  readonly status?: number | SignalName;
  /** Its processor times, in nanoseconds. */
  readonly user?: number;
  readonly system?: number;
}

export type PtraceAnswer = SyscallInfo | SignalInfo | undefined;
