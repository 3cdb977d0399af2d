/** Reading what the learner's code gave as a plan. */
import type { Plan, Reason, Step } from './api.d.ts';

const REASONS: readonly string[] = [
  'licence',
  'encrypted',
  'instance-store',
  'architecture',
  'boot-mode',
  'too-large',
  'disk-driver',
  'network-driver',
] satisfies Reason[];

const FORMATS = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx'];
const isFormat = (value: unknown) => FORMATS.includes(value as string);
const isText = (value: unknown) => typeof value === 'string';

/** What each step has besides its name. */
const parts: Readonly<Record<Step['do'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  export: { format: isFormat },
  convert: { format: isFormat },
  resize: { bytes: (value) => Number.isSafeInteger(value) },
  'add-drivers': { drivers: (value) => Array.isArray(value) && value.length > 0 && value.every(isText) },
  'set-root': {},
  'set-console': { console: isText },
  'install-agent': { agent: isText },
  pack: {},
  upload: {},
  import: { bootMode: (value) => value === 'bios' || value === 'uefi' },
};

/** The plan, or a sentence that says why it is none. */
export function readPlan(value: unknown): Plan | string {
  const given = value as { steps?: unknown; refused?: unknown } | null;
  if (Array.isArray(given?.refused)) return readReasons(given.refused);
  if (!Array.isArray(given?.steps))
    return `${JSON.stringify(value) ?? 'undefined'} has neither steps nor refused`;
  for (const [at, step] of (given.steps as (Record<string, unknown> | null)[]).entries()) {
    const name = step?.['do'];
    if (!isText(name) || !Object.hasOwn(parts, name as string))
      return `step ${at + 1}, ${JSON.stringify(step)}, is none of ${Object.keys(parts).join(', ')}`;
    for (const [key, fits] of Object.entries(parts[name as Step['do']]))
      if (!fits(step![key]))
        return `step ${at + 1}, ${name}, has ${key}: ${JSON.stringify(step![key]) ?? 'undefined'}`;
  }
  return { steps: given.steps as Step[] };
}

function readReasons(refused: readonly unknown[]): Plan | string {
  const unknown = refused.find((reason) => !REASONS.includes(reason as string));
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is none of the reasons ${REASONS.join(', ')}`;
  if (refused.length === 0) return 'refused is empty, and there are no steps';
  return { refused: refused as Reason[] };
}
