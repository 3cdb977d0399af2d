/** Restart policies: whether a container is started again when it has ended, and how long after. moby's restartmanager. */
import { MILLISECOND, type Nanos, SECOND } from '../base/index.ts';
import type { Container } from './model.ts';

const FIRST_DELAY = 100 * MILLISECOND;
const LONGEST_DELAY = 60 * SECOND;
/** Who has run for so long begins with the first delay again. */
const STEADY = 10 * SECOND;

/** Whether the policy wants the container again; `always` also one that was stopped, when the daemon begins anew. */
export function isWanted(container: Container, exitCode: number): boolean {
  const { Name, MaximumRetryCount } = container.HostConfig.RestartPolicy;
  if (Name === 'always') return true;
  if (Name === 'unless-stopped') return !container.HasBeenManuallyStopped;
  const left = MaximumRetryCount === 0 || container.RestartCount < MaximumRetryCount;
  return Name === 'on-failure' && left && exitCode !== 0;
}

/** The delay after a run of `ran`, when the one before was `before`. */
export function nextDelay(before: Nanos | undefined, ran: Nanos): Nanos {
  if (before === undefined || ran >= STEADY) return FIRST_DELAY;
  return Math.min(before * 2, LONGEST_DELAY);
}
