/** What `boot` gives: read with care, since it is a learner's. */
import type { Json } from '../../../src/exercise/index.ts';

export interface Answer {
  /** What is started; null with a failure. */
  readonly device: string | null;
  readonly entry: number | null;
  readonly registers: { readonly a0: number; readonly a1: number; readonly a2: number } | null;
  readonly passedOver: readonly { readonly device: string; readonly reason: string }[];
}

/** A learner's answer, or what is wrong with it. */
export function readAnswer(value: Json): Answer | { readonly wrong: string } {
  if (value === null)
    return { wrong: 'boot gave null: in the check there is no boot ROM that would do it instead' };
  if (typeof value !== 'object' || Array.isArray(value))
    return { wrong: `boot gave ${JSON.stringify(value)}` };
  const { device, entry, registers, failure, passedOver } = value as Record<string, Json | undefined>;
  if (!Array.isArray(passedOver)) return { wrong: 'passedOver is no list' };
  for (const each of passedOver as readonly Json[]) {
    const { device: name, reason } = (each ?? {}) as Record<string, Json | undefined>;
    if (typeof name !== 'string' || typeof reason !== 'string')
      return { wrong: `passedOver has ${JSON.stringify(each)}, which is no { device, reason }` };
  }
  const passed = passedOver as unknown as Answer['passedOver'];
  if (typeof failure === 'string' && device === undefined)
    return { device: null, entry: null, registers: null, passedOver: passed };
  if (typeof device !== 'string') return { wrong: 'neither device nor failure is a text' };
  if (!isWord(entry)) return { wrong: `entry is ${JSON.stringify(entry ?? null)}, which is no address` };
  const { a0, a1, a2 } = (registers ?? {}) as Record<string, Json | undefined>;
  if (!isWord(a0) || !isWord(a1) || !isWord(a2))
    return {
      wrong: `registers is ${JSON.stringify(registers ?? null)}, not { a0, a1, a2 } with a number each`,
    };
  return { device, entry, registers: { a0, a1, a2 }, passedOver: passed };
}

const isWord = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
