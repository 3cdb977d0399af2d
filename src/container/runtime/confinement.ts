/** What a process gives up before its program begins: capabilities(7). */
import { CAPABILITIES, capabilitySetNamed, type Sys, sys } from '../../linux/index.ts';
import type { SpecProcess } from './spec.ts';

const known: ReadonlySet<string> = new Set(CAPABILITIES);
const NONE: readonly string[] = [];

/** Names that are none, each once: runc warns of them and goes on without. */
export function unknownCapabilities({ capabilities = {} }: SpecProcess): readonly string[] {
  let unknown = NONE;
  for (const names of Object.values(capabilities))
    names.forEach((name) => {
      if (!known.has(name) && !unknown.includes(name)) unknown = [...unknown, name];
    });
  return unknown === NONE ? NONE : [...unknown].sort();
}

/** Runs `become`, which changes the user, and leaves the process with no more capabilities than config.json says. */
export function* applyCapabilities({ capabilities }: SpecProcess, become: () => Sys<void>): Sys<void> {
  if (capabilities === undefined) return yield* become();
  // Narrowing what can ever be had takes a capability that another user does not keep.
  const before = yield* sys.capget(0);
  yield* sys.capset({ ...before, bounding: capabilitySetNamed(capabilities.bounding ?? NONE) });
  yield* sys.prctl('PR_SET_KEEPCAPS', 1);
  yield* become();
  yield* sys.prctl('PR_SET_KEEPCAPS', 0);
  yield* sys.capset({
    permitted: capabilitySetNamed(capabilities.permitted ?? NONE),
    effective: capabilitySetNamed(capabilities.effective ?? NONE),
    inheritable: capabilitySetNamed(capabilities.inheritable ?? NONE),
    ambient: capabilitySetNamed(capabilities.ambient ?? NONE),
  });
}
