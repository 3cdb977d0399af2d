/** Which capabilities the processes of a container may have at most: docker's default set, --cap-add, --cap-drop, --privileged. */
import { CAPABILITIES, type Capability } from '../linux/index.ts';
import { EngineError, type HostConfig } from './model.ts';

const DEFAULT =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** What a container has that asks for nothing else, in the order of their numbers. */
export const DEFAULT_CAPABILITIES: readonly Capability[] = CAPABILITIES.filter((name) =>
  DEFAULT.includes(name),
);

/** `net_admin`, `CAP_NET_ADMIN` or `all`, as capabilities(7) spells it; EngineError for what is none. */
function normalized(names: readonly string[]): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === 'ALL') return upper;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!(CAPABILITIES as readonly string[]).includes(full))
      throw new EngineError(400, `unknown capability: "${full}"`);
    return full;
  });
}

/** In the order of their numbers. Throws EngineError. */
export function boundingSet(
  host: Pick<HostConfig, 'CapAdd' | 'CapDrop' | 'Privileged'>,
): readonly Capability[] {
  if (host.Privileged) return CAPABILITIES;
  if (host.CapAdd.length === 0 && host.CapDrop.length === 0) return DEFAULT_CAPABILITIES;
  const add = normalized(host.CapAdd);
  const drop = normalized(host.CapDrop);
  const base = add.includes('ALL') ? CAPABILITIES : drop.includes('ALL') ? [] : DEFAULT;
  const left = drop.includes('ALL') ? (add.includes('ALL') ? [] : base) : base;
  const set = new Set<string>([...left, ...add].filter((name) => name !== 'ALL'));
  for (const name of drop) set.delete(name);
  return CAPABILITIES.filter((name) => set.has(name));
}
