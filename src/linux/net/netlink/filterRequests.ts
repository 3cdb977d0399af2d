/** What programs ask of the kernel's packet filter: the messages of nf_tables, decoded. All need CAP_NET_ADMIN. */
import type { OsError } from '../../../base/index.ts';
import type {
  BaseChain,
  NewElement,
  SetDeclaration,
  SetElement,
  SetKey,
  Statement,
} from '../../../network/index.ts';
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';

export type TableFamily = 'ip' | 'inet';

/** Which table. */
export interface TableName {
  readonly family: TableFamily;
  readonly table: string;
}

export interface RuleInfo {
  readonly handle: number;
  readonly statements: readonly Statement[];
  readonly comment: string | null;
}

export interface ChainInfo {
  readonly name: string;
  readonly handle: number;
  readonly base: BaseChain | null;
  readonly rules: readonly RuleInfo[];
  /** Packets that met the policy. */
  readonly policyCounter: { readonly packets: number; readonly bytes: number };
}

export interface SetInfo {
  readonly name: string;
  readonly handle: number;
  readonly declaration: SetDeclaration;
  /** In place of the time at which one is forgotten, the nanoseconds until then. */
  readonly elements: readonly (Omit<SetElement, 'expires'> & { readonly left: number | null })[];
}

export interface TableInfo {
  readonly family: TableFamily;
  readonly name: string;
  readonly handle: number;
  readonly chains: readonly ChainInfo[];
  readonly sets: readonly SetInfo[];
}

/** One change; those of a list are made together or not at all. */
export type FilterChange =
  | ({ readonly change: 'newTable'; readonly exclusive: boolean } & TableName)
  | ({ readonly change: 'deleteTable' } & TableName)
  | ({ readonly change: 'flushTable' } & TableName)
  | ({
      readonly change: 'newChain';
      readonly chain: string;
      readonly base: BaseChain | null;
      readonly exclusive: boolean;
    } & TableName)
  | ({ readonly change: 'deleteChain'; readonly chain: string } & TableName)
  | ({ readonly change: 'flushChain'; readonly chain: string } & TableName)
  | ({ readonly change: 'renameChain'; readonly chain: string; readonly to: string } & TableName)
  /** Counters of a chain begin anew, or those of one rule. */
  | ({ readonly change: 'zeroChain'; readonly chain: string; readonly handle: number | null } & TableName)
  | ({
      readonly change: 'newRule';
      readonly chain: string;
      readonly statements: readonly Statement[];
      readonly comment: string | null;
      /** In front of or behind the rule with the handle; at the chain's beginning or end for null. */
      readonly place: { readonly side: 'before' | 'after'; readonly handle: number | null };
    } & TableName)
  | ({ readonly change: 'deleteRule'; readonly chain: string; readonly handle: number } & TableName)
  | ({
      readonly change: 'newSet';
      readonly set: string;
      readonly declaration: SetDeclaration;
      readonly exclusive: boolean;
    } & TableName)
  | ({ readonly change: 'deleteSet' | 'flushSet'; readonly set: string } & TableName)
  | ({
      readonly change: 'newElement';
      readonly set: string;
      readonly element: NewElement;
      readonly exclusive: boolean;
    } & TableName)
  | ({ readonly change: 'deleteElement'; readonly set: string; readonly key: SetKey } & TableName)
  | { readonly change: 'flushRuleset' };

/** Which change failed, and why; none was made then. */
export interface FilterFailure {
  readonly at: number;
  readonly error: OsError;
  /** Whether the table and the chain that it names are there. */
  readonly table: boolean;
  readonly chain: boolean;
}

/** Message → argument and answer. */
export interface FilterMessages {
  NFT_GETRULESET: { argument: null; answer: readonly TableInfo[] };
  /** The rules of one chain. Throws ENOENT. */
  NFT_GETRULE: { argument: TableName & { readonly chain: string }; answer: readonly RuleInfo[] };
  /** Null: all is done. */
  NFT_BATCH: { argument: readonly FilterChange[]; answer: FilterFailure | null };
  /** The same, but nothing is changed. */
  NFT_CHECK: { argument: readonly FilterChange[]; answer: FilterFailure | null };
}

export type FilterMessage = keyof FilterMessages;

/** Asks the kernel, over a socket of its own. Throws OsError. */
export function* nfnetlink<M extends FilterMessage>(
  message: M,
  argument: FilterMessages[M]['argument'],
): Sys<FilterMessages[M]['answer']> {
  const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
  try {
    return (yield* sys.ioctl(fd, message, argument)) as FilterMessages[M]['answer'];
  } finally {
    yield* sys.close(fd);
  }
}
