/** `--- SIGCHLD {si_signo=SIGCHLD, ...} ---`. */
import type { SignalInfo, SignalName } from '../../../linux/index.ts';
import { ticks } from './values.ts';

export function signalText(signal: SignalName, info: SignalInfo): string {
  const { code, pid, uid, status, user, system } = info;
  const fields = [`si_signo=SIG${signal}`, `si_code=${code}`];
  if (pid !== undefined) fields.push(`si_pid=${pid}`, `si_uid=${uid}`);
  if (status !== undefined) fields.push(`si_status=${typeof status === 'number' ? status : `SIG${status}`}`);
  if (user !== undefined) fields.push(`si_utime=${ticks(user)}`, `si_stime=${ticks(system ?? 0)}`);
  return `--- SIG${signal} {${fields.join(', ')}} ---`;
}
