/** Protocols by their names, and how conntrack speaks of wrong usage. */
export const TOOL = 'conntrack v1.4.7 (conntrack-tools)';
export const ICMP = 1;
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', ICMP],
  ['tcp', 6],
  ['udp', 17],
]);

/** Wrong usage, with a hint; exit status 2. */
export class Usage extends Error {}
