/** The memory policy's default, and what its answers have to be. */
import { ALL_ACCESS, type Permissions } from '../memory/stage2.ts';
import { fieldsOf, shown, wholeNumber } from './consult.ts';
import type { GuestAccess, Translate, Translation } from './types.ts';

/** A VM's RAM is its own frames; all else is a fault. */
export const ownFrames: Translate = (vm, guestPhysical, { ownFrame }) =>
  ownFrame === null
    ? { fault: `0x${guestPhysical.toString(16)} is not in the RAM of ${vm.name}` }
    : { frame: ownFrame, permissions: ALL_ACCESS };

/** A translation; throws an error about anything else. */
export function readTranslation(answer: unknown): Translation {
  const { fault, frame, permissions } = fieldsOf(answer);
  if (typeof fault === 'string') return { fault };
  return { frame: wholeNumber(frame, 'frame', 0, 2 ** 22 - 1), permissions: readPermissions(permissions) };
}

function readPermissions(value: unknown): Permissions {
  const { read, write, execute } = fieldsOf(value);
  if (typeof read !== 'boolean' || typeof write !== 'boolean' || typeof execute !== 'boolean')
    throw new Error(`permissions are ${shown(value)}, not read, write and execute, each true or false`);
  // Privileged Architecture, "Sv32": write without read is reserved, and an entry without any is none.
  if (write && !read) throw new Error('write without read is reserved');
  if (!read && !execute) throw new Error('permissions for nothing; answer with a fault');
  return { read, write, execute };
}

/** Whether a mapping is enough for an access. */
export function permits(permissions: Permissions, kind: GuestAccess['kind']): boolean {
  const { read, write, execute } = permissions;
  return kind === 'fetch' ? execute : kind === 'store' ? write : read;
}
