/** Addresses worth picking. The first is what the figure shows before anybody touches it. */
import type { Request } from './world.ts';

export interface Preset {
  readonly name: string;
  readonly request: Request;
}

export const PRESETS: readonly Preset[] = [
  { name: 'A program’s variable', request: { address: 0x0002_0008, access: 'load', by: 'program' } },
  { name: 'Unmapped in the guest', request: { address: 0x0005_0000, access: 'load', by: 'program' } },
  { name: 'The kernel’s memory', request: { address: 0x8000_1000, access: 'load', by: 'program' } },
  { name: 'The same, by the kernel', request: { address: 0x8000_1000, access: 'load', by: 'kernel' } },
  {
    name: 'A page used for the first time',
    request: { address: 0x0003_0000, access: 'store', by: 'program' },
  },
  { name: 'A page held read-only', request: { address: 0x0004_0000, access: 'store', by: 'program' } },
  { name: 'A device', request: { address: 0x1000_0000, access: 'store', by: 'program' } },
  { name: 'A table that is not there', request: { address: 0x4000_0000, access: 'load', by: 'program' } },
];

/** The request behind what a reader typed: a hexadecimal number of 32 bits, with or without 0x; null for anything else. */
export function parseAddress(typed: string): number | null {
  const digits = /^\s*(?:0x)?([0-9a-f]{1,8})\s*$/i.exec(typed)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}
