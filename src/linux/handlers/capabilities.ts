/** capget(2), capset(2), and what prctl(2) does to privileges. */
import { assert, OsError } from '../../base/index.ts';
import {
  type Capability,
  capabilitySet,
  includesCapability,
  NO_CAPABILITIES,
} from '../credentials/capabilities.ts';
import { type Credentials, capable, includesAll } from '../credentials/credentials.ts';
import {
  mayChangeSecurebits,
  SECBIT_KEEP_CAPS,
  SECBIT_NO_CAP_AMBIENT_RAISE,
} from '../credentials/securebits.ts';
import { signalNumber } from '../signals.ts';
import type { PrctlOptions } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { processOf } from './processes.ts';
import type { Handlers } from './types.ts';

type Controls = { readonly [K in keyof PrctlOptions]: (task: Task, argument: PrctlOptions[K]) => number };

const flag = (on: boolean) => (on ? 1 : 0);

function change(task: Task, part: Partial<Credentials>): number {
  task.credentials = { ...task.credentials, ...part };
  return 0;
}

function requireSetpcap({ credentials }: Task): void {
  if (!capable(credentials, credentials.userNs, 'CAP_SETPCAP')) throw new OsError('EPERM');
}

function raiseAmbient(task: Task, capability: Capability): number {
  const { permitted, inheritable, ambient, securebits } = task.credentials;
  const both = permitted & inheritable;
  if (!includesCapability(both, capability) || (securebits & SECBIT_NO_CAP_AMBIENT_RAISE) !== 0)
    throw new OsError('EPERM');
  return change(task, { ambient: ambient | capabilitySet(capability) });
}

function setSecurebits(task: Task, after: number): number {
  requireSetpcap(task);
  if (!mayChangeSecurebits(task.credentials.securebits, after)) throw new OsError('EPERM');
  return change(task, { securebits: after });
}

function keepCapabilities(task: Task, on: number): number {
  if (on !== 0 && on !== 1) throw new OsError('EINVAL');
  const { securebits } = task.credentials;
  if ((securebits & (SECBIT_KEEP_CAPS << 1)) !== 0) throw new OsError('EPERM');
  return change(task, {
    securebits: on === 1 ? securebits | SECBIT_KEEP_CAPS : securebits & ~SECBIT_KEEP_CAPS,
  });
}

const controls: Controls = {
  PR_CAPBSET_READ: (task, capability) => flag(includesCapability(task.credentials.bounding, capability)),
  PR_CAPBSET_DROP(task, capability) {
    requireSetpcap(task);
    return change(task, { bounding: task.credentials.bounding & ~capabilitySet(capability) });
  },
  PR_CAP_AMBIENT_IS_SET: (task, capability) => flag(includesCapability(task.credentials.ambient, capability)),
  PR_CAP_AMBIENT_RAISE: raiseAmbient,
  PR_CAP_AMBIENT_LOWER: (task, capability) =>
    change(task, { ambient: task.credentials.ambient & ~capabilitySet(capability) }),
  PR_CAP_AMBIENT_CLEAR_ALL: (task) => change(task, { ambient: NO_CAPABILITIES }),
  PR_GET_KEEPCAPS: (task) => flag((task.credentials.securebits & SECBIT_KEEP_CAPS) !== 0),
  PR_SET_KEEPCAPS: keepCapabilities,
  PR_GET_SECUREBITS: (task) => task.credentials.securebits,
  PR_SET_SECUREBITS: setSecurebits,
  PR_GET_NO_NEW_PRIVS: (task) => flag(task.credentials.noNewPrivs),
  PR_SET_NO_NEW_PRIVS(task, on) {
    if (on !== 1) throw new OsError('EINVAL');
    return change(task, { noNewPrivs: true });
  },
  PR_SET_PDEATHSIG(task, signal) {
    task.parentDeathSignal = signal;
    return 0;
  },
  PR_GET_PDEATHSIG: ({ parentDeathSignal: signal }) => (signal === 0 ? 0 : signalNumber(signal)),
  PR_GET_CHILD_SUBREAPER: (task) => flag(task.subreaper),
  PR_SET_CHILD_SUBREAPER(task, on) {
    task.subreaper = on !== 0;
    return 0;
  },
};

type Calls = 'capget' | 'capset' | 'prctl';

export const capabilityHandlers: Handlers<Calls> = {
  capget(_, task, pid) {
    const { permitted, effective, inheritable } = processOf(task, pid).credentials;
    return { permitted, effective, inheritable };
  },
  /** Nothing that is not permitted comes back; what children may have is within bounds, or had. */
  capset(_, task, { permitted, effective, inheritable, bounding, ambient }) {
    const who = task.credentials;
    const setpcap = capable(who, who.userNs, 'CAP_SETPCAP');
    const bounds = bounding ?? who.bounding;
    const narrower = bounds === who.bounding || (setpcap && includesAll(who.bounding, bounds));
    const mayInherit = setpcap || includesAll(who.permitted | who.inheritable, inheritable);
    const bounded = includesAll(who.inheritable | bounds, inheritable);
    const fewer = includesAll(who.permitted, permitted) && includesAll(permitted, effective);
    const kept = ambient ?? who.ambient & permitted & inheritable;
    const raises = !includesAll(who.ambient, kept) && (who.securebits & SECBIT_NO_CAP_AMBIENT_RAISE) !== 0;
    if (!narrower || !mayInherit || !bounded || !fewer || raises) throw new OsError('EPERM');
    if (!includesAll(permitted & inheritable, kept)) throw new OsError('EPERM');
    change(task, { permitted, effective, inheritable, bounding: bounds, ambient: kept });
  },
  prctl(_, task, option, ...[argument]) {
    assert(Object.hasOwn(controls, option), `prctl has no ${option}`);
    const control = controls[option] as (task: Task, argument: unknown) => number;
    return control(task, argument);
  },
};
