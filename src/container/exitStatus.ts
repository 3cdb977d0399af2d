/** Exit statuses: of processes that have ended, and of programs that could not be started. */
import { signalNumber, type WaitStatus } from '../linux/index.ts';

/** As a shell gives it. */
export function exitCodeOf(state: WaitStatus['state']): number {
  if (state.kind === 'exited') return state.code;
  return state.kind === 'signaled' ? 128 + signalNumber(state.signal) : 255;
}

/** Of what could not be started for the reason `message`: moby's setExitCodeFromError. */
export function failureStatus(message: string): number {
  if (/executable file not found|no such file or directory|system cannot find the file/.test(message))
    return 127;
  if (/permission denied|not a directory|is a directory/.test(message)) return 126;
  return 128;
}
