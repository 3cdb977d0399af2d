/** Capabilities of an executable file: the attribute security.capability, `struct vfs_ns_cap_data` of linux/capability.h. */
import type { CapabilitySet } from './capabilities.ts';
import type { UserNamespace } from './userNamespace.ts';

export const CAPABILITY_XATTR = 'security.capability';

const REVISION_2 = 0x0200_0000;
const REVISION_3 = 0x0300_0000;
const EFFECTIVE = 1;

export interface FileCapabilities {
  readonly permitted: CapabilitySet;
  readonly inheritable: CapabilitySet;
  /** One bit for all of them. */
  readonly effective: boolean;
}

interface StoredCapabilities extends FileCapabilities {
  /** The host's number of the user whose namespace they are meant for; 0 in version 2. */
  readonly rootUid: number;
}

/** Null when the bytes are none. */
export function readFileCapabilities(bytes: Uint8Array): StoredCapabilities | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length !== 20 && bytes.length !== 24) return null;
  const magic = view.getUint32(0, true);
  const revision = (magic & 0xff00_0000) >>> 0;
  if (revision !== (bytes.length === 20 ? REVISION_2 : REVISION_3)) return null;
  const word = (at: number) => BigInt(view.getUint32(at, true));
  return {
    permitted: word(4) | (word(12) << 32n),
    inheritable: word(8) | (word(16) << 32n),
    effective: (magic & EFFECTIVE) !== 0,
    rootUid: revision === REVISION_3 ? view.getUint32(20, true) : 0,
  };
}

/** Version 3 when they are for a user namespace's root, else version 2. */
export function writeFileCapabilities(capabilities: FileCapabilities, rootUid = 0): Uint8Array {
  const bytes = new Uint8Array(rootUid === 0 ? 20 : 24);
  const view = new DataView(bytes.buffer);
  view.setUint32(
    0,
    (rootUid === 0 ? REVISION_2 : REVISION_3) | (capabilities.effective ? EFFECTIVE : 0),
    true,
  );
  const low = (set: CapabilitySet) => Number(set & 0xffff_ffffn);
  view.setUint32(4, low(capabilities.permitted), true);
  view.setUint32(8, low(capabilities.inheritable), true);
  view.setUint32(12, low(capabilities.permitted >> 32n), true);
  view.setUint32(16, low(capabilities.inheritable >> 32n), true);
  if (rootUid !== 0) view.setUint32(20, rootUid, true);
  return bytes;
}

/** Whether a program with such an attribute has them in `ns`: when the user is root of it or of one above it. */
export function appliesIn({ rootUid }: StoredCapabilities, ns: UserNamespace): boolean {
  for (let at: UserNamespace | null = ns; at !== null; at = at.parent)
    if (at.hostUid(0) === rootUid) return true;
  return false;
}
