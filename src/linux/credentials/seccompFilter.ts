/**
 * Filters of system calls, in the shape of the OCI runtime specification's `linux.seccomp` (config-linux.md, "Seccomp"). They go by
 * names: a call of this kernel has those of the Linux calls by which programs would make it. seccomp(2).
 */
import { assert, OsError } from '../../base/index.ts';
import type { SyscallName, SyscallRequest } from '../syscalls.ts';
import { linuxArguments, linuxNames } from './linuxCalls.ts';

/** From the gentlest to the hardest: of several filters the hardest answer counts. */
const ACTIONS = [
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
] as const;

/** What else the specification has needs a tracer or a listener, which do not exist here. */
export type SeccompAction = (typeof ACTIONS)[number];

export type SeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

export interface SeccompArgument {
  /** 0 … 5, as the Linux call has its arguments. */
  readonly index: number;
  /** Compared with; for SCMP_CMP_MASKED_EQ the mask. */
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: SeccompOperator;
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  /** Default 1, EPERM. */
  readonly errnoRet?: number;
  /** All must hold. */
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompFilter {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly syscalls?: readonly SeccompRule[];
}

export interface SeccompVerdict {
  readonly action: SeccompAction;
  /** For SCMP_ACT_ERRNO. */
  readonly errno: number;
}

const ALLOWED: SeccompVerdict = { action: 'SCMP_ACT_ALLOW', errno: 0 };

/** The low 32 bits decide, which is all that flags and numbers here have. */
function holds({ value, valueTwo = 0, op }: SeccompArgument, given: number): boolean {
  switch (op) {
    case 'SCMP_CMP_NE':
      return given !== value;
    case 'SCMP_CMP_LT':
      return given < value;
    case 'SCMP_CMP_LE':
      return given <= value;
    case 'SCMP_CMP_EQ':
      return given === value;
    case 'SCMP_CMP_GE':
      return given >= value;
    case 'SCMP_CMP_GT':
      return given > value;
    case 'SCMP_CMP_MASKED_EQ':
      return (given & value) >>> 0 === valueTwo >>> 0;
  }
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i]!, b[i]!)) return false;
  return true;
}

const sameName = (a: string, b: string): boolean => a === b;

const sameArgument = (a: SeccompArgument, b: SeccompArgument): boolean =>
  a.index === b.index && a.value === b.value && a.valueTwo === b.valueTwo && a.op === b.op;

const sameRule = (a: SeccompRule, b: SeccompRule): boolean =>
  a.action === b.action &&
  a.errnoRet === b.errnoRet &&
  sameList(a.names, b.names, sameName) &&
  sameList(a.args ?? [], b.args ?? [], sameArgument);

/** Whether both say the same of each call. */
const sameFilter = (a: SeccompFilter, b: SeccompFilter): boolean =>
  a.defaultAction === b.defaultAction &&
  a.defaultErrnoRet === b.defaultErrnoRet &&
  sameList(a.syscalls ?? [], b.syscalls ?? [], sameRule);

/** What a filter says of one call. */
interface Opinion {
  /** Rules that look at arguments: they come first. */
  readonly specific: readonly SeccompRule[];
  /** When none of those fits. */
  readonly otherwise: SeccompVerdict;
}

/** Of what no filter sees. */
const UNSEEN: Opinion = { specific: [], otherwise: ALLOWED };

function verdictOf({ action, errnoRet = 1 }: SeccompRule): SeccompVerdict {
  return action === 'SCMP_ACT_ALLOW' ? ALLOWED : { action, errno: errnoRet };
}

/** One installed filter: what it says of each call is looked up once. */
class InstalledFilter {
  readonly #filter: SeccompFilter;
  readonly #opinions = new Map<SyscallName, Opinion>();
  /** Of calls that no rule fits. */
  readonly #otherwise: SeccompVerdict;

  constructor(filter: SeccompFilter) {
    this.#filter = filter;
    const { defaultAction: action, defaultErrnoRet: errno = 1 } = filter;
    this.#otherwise = action === 'SCMP_ACT_ALLOW' ? ALLOWED : { action, errno };
  }

  isOf(filter: SeccompFilter): boolean {
    return sameFilter(this.#filter, filter);
  }

  verdict(request: SyscallRequest): SeccompVerdict {
    const { specific, otherwise } = this.#opinions.get(request.call) ?? this.#opinionOf(request.call);
    for (const rule of specific)
      if (rule.args!.every((argument) => holds(argument, linuxArguments(request)[argument.index] ?? 0)))
        return verdictOf(rule);
    return otherwise;
  }

  #opinionOf(call: SyscallName): Opinion {
    const names = linuxNames(call);
    const all = (this.#filter.syscalls ?? []).filter((rule) =>
      rule.names.some((name) => names.includes(name)),
    );
    const specific = all.filter(({ args = [] }) => args.length > 0);
    const general = all.find(({ args = [] }) => args.length === 0);
    const rest = general === undefined ? this.#otherwise : verdictOf(general);
    const opinion = names.length === 0 ? UNSEEN : { specific, otherwise: rest };
    this.#opinions.set(call, opinion);
    return opinion;
  }
}

/** Makes a kernel's filters. Most processes that install one install the same, a container runtime's: they share it. */
export class FilterInstaller {
  #last: InstalledFilter | null = null;

  /** Throws EINVAL for an action that is not known. */
  installed(filter: SeccompFilter): InstalledFilter {
    if (this.#last?.isOf(filter)) return this.#last;
    const actions = [filter.defaultAction, ...(filter.syscalls ?? []).map(({ action }) => action)];
    if (!actions.every((action) => ACTIONS.includes(action))) throw new OsError('EINVAL');
    this.#last = new InstalledFilter(filter);
    return this.#last;
  }
}

function severity({ action }: SeccompVerdict): number {
  const found = ACTIONS.indexOf(action);
  assert(found >= 0, `${action} is an action`);
  return found;
}

/** All filters of a process. Children and later programs have them; none is ever taken away. */
export class SeccompFilters {
  readonly #filters: readonly InstalledFilter[];

  constructor(filters: readonly InstalledFilter[] = []) {
    this.#filters = filters;
  }

  get count(): number {
    return this.#filters.length;
  }

  with(filter: InstalledFilter): SeccompFilters {
    return new SeccompFilters(this.#filters.concat(filter));
  }

  verdict(request: SyscallRequest): SeccompVerdict {
    let hardest = ALLOWED;
    // The newest is asked first, and wins among equals.
    for (let i = this.#filters.length - 1; i >= 0; i--) {
      const verdict = this.#filters[i]!.verdict(request);
      if (verdict !== ALLOWED && severity(verdict) > severity(hardest)) hardest = verdict;
    }
    return hardest;
  }
}
