/** How execve(2) and the calls that change users change a process's capabilities: capabilities(7). */
import { includesCapability, NO_CAPABILITIES } from './capabilities.ts';
import { type Credentials, includesAll } from './credentials.ts';
import type { FileCapabilities } from './fileCapabilities.ts';
import { SECBIT_KEEP_CAPS, SECBIT_NO_SETUID_FIXUP, SECBIT_NOROOT } from './securebits.ts';

/** "Effect of user ID changes on capabilities": what losing or gaining the namespace's user 0 does. */
export function afterUidChange(before: Credentials, after: Credentials): Credentials {
  if ((after.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return after;
  const root = after.userNs.hostUid(0);
  const isRoot = (who: Credentials) => who.uid === root || who.euid === root || who.suid === root;
  let { permitted, effective, ambient } = after;
  if (isRoot(before) && !isRoot(after)) {
    ambient = NO_CAPABILITIES;
    if ((after.securebits & SECBIT_KEEP_CAPS) === 0) permitted = effective = NO_CAPABILITIES;
  }
  if (before.euid === root && after.euid !== root) effective = NO_CAPABILITIES;
  else if (before.euid !== root && after.euid === root) effective = permitted;
  return { ...after, permitted, effective, ambient };
}

/** The ids that a program's file gives; the process's own where it gives none. */
export interface ExecIds {
  readonly euid: number;
  readonly egid: number;
}

const NONE: FileCapabilities = { permitted: NO_CAPABILITIES, inheritable: NO_CAPABILITIES, effective: false };

/**
 * "Transformation of capabilities during execve()", with the special treatment of root, of no_new_privs and of processes whose tracer could
 * not be given what the program gains (`watched`).
 */
export function afterExec(
  before: Credentials,
  ids: ExecIds,
  file: FileCapabilities | null,
  watched: boolean,
): Credentials {
  const root = before.userNs.hostUid(0);
  const changed = ids.euid !== before.euid || ids.egid !== before.egid;
  let { euid, egid } = ids;
  const bounded = before.inheritable | before.bounding;
  let given = file ?? NONE;
  let permitted = (before.inheritable & given.inheritable) | (given.permitted & before.bounding);
  const asRoot = (before.securebits & SECBIT_NOROOT) === 0 && root !== null;
  // A set-user-ID-root program with capabilities of its own has those alone.
  if (asRoot && !(file !== null && euid === root && before.uid !== root)) {
    if (euid === root || before.uid === root) permitted = bounded;
    if (euid === root) given = { ...given, effective: true };
  }
  if ((before.noNewPrivs || watched) && (changed || !includesAll(before.permitted, permitted))) {
    if (before.noNewPrivs || !includesCapability(before.effective, 'CAP_SETUID')) {
      euid = before.uid;
      egid = before.gid;
    }
    permitted &= before.permitted;
  }
  const ambient = file !== null || changed ? NO_CAPABILITIES : before.ambient;
  permitted |= ambient;
  return {
    ...before,
    euid,
    suid: euid,
    egid,
    sgid: egid,
    permitted,
    effective: given.effective ? permitted : ambient,
    ambient,
    securebits: before.securebits & ~SECBIT_KEEP_CAPS,
  };
}
