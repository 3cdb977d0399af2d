/** The units into which root's powers are divided: capabilities(7). A set of them is a bit mask, as in /proc/PID/status. */

/** In the order of their numbers, from 0. */
export const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** Bit n stands for the capability with number n. */
export type CapabilitySet = bigint;

export const NO_CAPABILITIES: CapabilitySet = 0n;
export const ALL_CAPABILITIES: CapabilitySet = (1n << BigInt(CAPABILITIES.length)) - 1n;

const bits = Object.fromEntries(CAPABILITIES.map((name, number) => [name, 1n << BigInt(number)])) as Record<
  Capability,
  CapabilitySet
>;

const numbers: ReadonlyMap<string, number> = new Map(CAPABILITIES.map((name, number) => [name, number]));

/** The set that holds `names` alone. */
export function capabilitySet(...names: readonly Capability[]): CapabilitySet {
  return capabilitySetNamed(names);
}

/** The set of those of `names` that are capabilities. */
export function capabilitySetNamed(names: readonly string[]): CapabilitySet {
  // Two halves, put together at the end: each operation on a bigint makes another one.
  let low = 0;
  let high = 0;
  for (const name of names) {
    const number = numbers.get(name);
    if (number === undefined) continue;
    if (number < 32) low |= 1 << number;
    else high |= 1 << (number - 32);
  }
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

export function includesCapability(set: CapabilitySet, name: Capability): boolean {
  return (set & bits[name]) !== 0n;
}

/** In the order of their numbers. */
export function capabilitiesIn(set: CapabilitySet): Capability[] {
  return CAPABILITIES.filter((name) => includesCapability(set, name));
}

/** As in /proc/PID/status: 16 hexadecimal digits. */
export function capabilityMask(set: CapabilitySet): string {
  return set.toString(16).padStart(16, '0');
}

/** Reads `cap_net_raw` or `NET_RAW` in any case; null for what is none. */
export function parseCapability(text: string): Capability | null {
  if (Object.hasOwn(bits, text)) return text as Capability;
  const name = `CAP_${text.toUpperCase().replace(/^CAP_/, '')}`;
  return Object.hasOwn(bits, name) ? (name as Capability) : null;
}

/** A thread's five sets. */
export interface CapabilitySets {
  readonly permitted: CapabilitySet;
  readonly effective: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly bounding: CapabilitySet;
  readonly ambient: CapabilitySet;
}

/** What the first process of a host, or of a user namespace, has. */
export const FULL_SETS: CapabilitySets = {
  permitted: ALL_CAPABILITIES,
  effective: ALL_CAPABILITIES,
  inheritable: NO_CAPABILITIES,
  bounding: ALL_CAPABILITIES,
  ambient: NO_CAPABILITIES,
};

/** Those of an ordinary user's processes: programs of root's could still gain what the bounding set holds. */
export const EMPTY_SETS: CapabilitySets = {
  ...FULL_SETS,
  permitted: NO_CAPABILITIES,
  effective: NO_CAPABILITIES,
};
