/** A filter of the user's own, `--security-opt seccomp=FILE`, in the shape of moby's profiles: rules may hang on capabilities and processors. */
import { JsonError, parseJson } from '../base/index.ts';
import type { Capability, SeccompAction, SeccompFilter, SeccompRule } from '../linux/index.ts';
import { decode, JsonMismatch, listOf, string, strings, struct, uint32, uint64 } from './decode.ts';
import { EngineError } from './model.ts';

const ACTIONS: readonly string[] = ['ALLOW', 'LOG', 'ERRNO', 'TRAP', 'KILL', 'KILL_THREAD', 'KILL_PROCESS'];
const OPERATORS: readonly string[] = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];

const condition = struct('Filter', { caps: strings, arches: strings, minKernel: string });

const PROFILE = struct(
  'Seccomp',
  {
    defaultAction: string,
    defaultErrnoRet: uint32,
    architectures: strings,
    syscalls: listOf(
      struct(
        'Syscall',
        {
          name: string,
          names: strings,
          action: string,
          errnoRet: uint32,
          args: listOf(
            struct('Arg', { index: uint32, value: uint64, valueTwo: uint64, op: string }, [
              'index',
              'value',
              'op',
            ]),
          ),
          includes: condition,
          excludes: condition,
        },
        ['action'],
      ),
    ),
  },
  ['defaultAction'],
);

interface Condition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

interface Rule extends Omit<SeccompRule, 'names'> {
  readonly name?: string;
  readonly names?: readonly string[];
  readonly includes?: Condition;
  readonly excludes?: Condition;
}

interface Profile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly syscalls?: readonly Rule[];
}

function read(text: string): Profile {
  try {
    return decode(PROFILE, parseJson(text)) as Profile;
  } catch (error) {
    if (!(error instanceof JsonMismatch) && !(error instanceof JsonError)) throw error;
    const why = error instanceof JsonMismatch ? error.mismatch : error.message;
    throw new EngineError(400, `Decoding seccomp profile failed: ${why}`);
  }
}

function requireKnown(known: readonly string[], prefix: string, word: string, what: string): void {
  if (!word.startsWith(prefix) || !known.includes(word.slice(prefix.length)))
    throw new EngineError(400, `the ${what} ${word} of a seccomp profile is not simulated on this host`);
}

/** Throws EngineError for what is no profile. */
export function seccompFrom(text: string, capabilities: readonly Capability[]): SeccompFilter {
  const { defaultAction, defaultErrnoRet, syscalls = [] } = read(text);
  const has = (name: string) => (capabilities as readonly string[]).includes(name);
  const applies = ({ includes = {}, excludes = {} }: Rule) =>
    (includes.caps ?? []).every(has) &&
    !(excludes.caps ?? []).some(has) &&
    ((includes.arches ?? []).length === 0 || includes.arches!.includes('amd64')) &&
    !(excludes.arches ?? []).includes('amd64');
  const rules = syscalls.filter(applies).map(
    ({ name, names = [], action, errnoRet, args }): SeccompRule => ({
      names: name === undefined ? names : [name, ...names],
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args !== undefined && { args }),
    }),
  );
  for (const action of [defaultAction, ...rules.map((rule) => rule.action)])
    requireKnown(ACTIONS, 'SCMP_ACT_', action, 'action');
  for (const { op } of rules.flatMap((rule) => rule.args ?? []))
    requireKnown(OPERATORS, 'SCMP_CMP_', op, 'operator');
  return {
    defaultAction,
    ...(defaultErrnoRet !== undefined && { defaultErrnoRet }),
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: rules,
  };
}
