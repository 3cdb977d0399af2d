/** prctl(2): what each option takes. */
import type { Capability } from './credentials/capabilities.ts';
import type { SignalName } from './signals.ts';

export interface PrctlOptions {
  readonly PR_CAPBSET_READ: Capability;
  readonly PR_CAPBSET_DROP: Capability;
  readonly PR_CAP_AMBIENT_IS_SET: Capability;
  readonly PR_CAP_AMBIENT_RAISE: Capability;
  readonly PR_CAP_AMBIENT_LOWER: Capability;
  readonly PR_CAP_AMBIENT_CLEAR_ALL: 0;
  readonly PR_GET_KEEPCAPS: 0;
  readonly PR_SET_KEEPCAPS: number;
  readonly PR_GET_SECUREBITS: 0;
  readonly PR_SET_SECUREBITS: number;
  readonly PR_GET_NO_NEW_PRIVS: 0;
  readonly PR_SET_NO_NEW_PRIVS: number;
  /** 0: none. Not handed down to children. */
  readonly PR_SET_PDEATHSIG: SignalName | 0;
  /** The signal's number. */
  readonly PR_GET_PDEATHSIG: 0;
  readonly PR_GET_CHILD_SUBREAPER: 0;
  readonly PR_SET_CHILD_SUBREAPER: number;
}
