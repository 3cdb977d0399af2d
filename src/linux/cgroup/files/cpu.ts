/** cpu.*: every group's use of the processors, and with the controller its weight and its limit. */
import type { Cgroup } from '../cgroup.ts';
import { flatKeyed } from '../values.ts';
import type { InterfaceFile } from './types.ts';

const micros = (nanos: number) => Math.floor(nanos / 1000);

function statText(cgroup: Cgroup): string {
  let usage = 0;
  let user = 0;
  for (const at of cgroup.descendants()) {
    usage += at.cpuTime;
    user += at.userTime;
  }
  return flatKeyed({
    usage_usec: micros(usage),
    user_usec: micros(user),
    system_usec: micros(usage) - micros(user),
  });
}

export const cpuFiles: readonly InterfaceFile[] = [{ name: 'cpu.stat', atRoot: true, read: statText }];
