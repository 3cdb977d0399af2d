/** A socket of netlink(7): a message and its answer are one request here. */
import { OsError } from '../../../base/index.ts';
import { requireCapable } from '../../credentials/credentials.ts';
import { NetworkSocketFile } from '../../files/networkStack.ts';
import type { Readiness } from '../../files/openFile.ts';
import type { Task } from '../../tasks/task.ts';
import type { WaitQueue } from '../../tasks/waitQueue.ts';
import type { HostNamespace } from '../socketFile.ts';
import { addressHandlers } from './addresses.ts';
import { bridgeHandlers } from './bridges.ts';
import { changeRuleset, checkRuleset, readRules, readRuleset } from './filter.ts';
import type { FilterChange, FilterMessage, TableName } from './filterRequests.ts';
import type { FlowMessage } from './flowRequests.ts';
import { deleteFlows, listenToFlows, readFlows, readStatistics } from './flows.ts';
import { Inbox } from './inbox.ts';
import { linkHandlers } from './links.ts';
import { listenToNetwork } from './monitor.ts';
import { neighbourHandlers } from './neighbours.ts';
import { qdiscHandlers } from './qdiscs.ts';
import type { RouteMessage } from './requests.ts';
import { routeHandlers } from './routes.ts';
import { readSocketInfos } from './sockets.ts';
import type { MessageHandlers } from './types.ts';

const handlers: MessageHandlers<RouteMessage> & Record<FilterMessage | FlowMessage | 'SOCK_DIAG', unknown> = {
  ...linkHandlers,
  ...addressHandlers,
  ...routeHandlers,
  ...neighbourHandlers,
  ...bridgeHandlers,
  ...qdiscHandlers,
  SOCK_DIAG: (space: HostNamespace, _: null, task: Task) => readSocketInfos(space, task),
  CT_GETSTATS: ({ network }: HostNamespace) => readStatistics(network),
  CT_GET: ({ network }: HostNamespace) => readFlows(network),
  CT_DELETE: ({ network }: HostNamespace, wanted: readonly number[], task: Task) =>
    deleteFlows(network, wanted, task.pid.seenFrom(task.namespaces.pid)),
  NFT_GETRULESET: ({ network }: HostNamespace) => readRuleset(network),
  NFT_GETRULE: ({ network }: HostNamespace, chain: TableName & { readonly chain: string }) =>
    readRules(network, chain),
  NFT_BATCH: (space: HostNamespace, changes: readonly FilterChange[]) => changeRuleset(space, changes),
  NFT_CHECK: (space: HostNamespace, changes: readonly FilterChange[]) => checkRuleset(space, changes),
};

export class NetlinkFile extends NetworkSocketFile {
  readonly #space: HostNamespace;
  readonly #inbox = new Inbox();
  /** Ends what it listens to. */
  #stop: (() => void) | null = null;

  constructor(id: number, space: HostNamespace) {
    super(id, space);
    this.#space = space;
  }

  /** Everything goes through requests. */
  send(): never {
    throw new OsError('EOPNOTSUPP');
  }

  receive(): never {
    throw new OsError('EOPNOTSUPP');
  }

  #listen(stop: () => void): void {
    this.#stop?.();
    this.#stop = stop;
  }

  override poll(): Readiness {
    return { in: !this.#inbox.isEmpty, out: true, hup: false };
  }

  override get queues(): readonly WaitQueue[] {
    return this.#inbox.queues;
  }

  override release(): void {
    this.#stop?.();
  }

  override ioctl(task: Task, request: string, argument: unknown): unknown {
    if (request === 'NL_RECEIVE') return this.#inbox.take(this.nonblocking);
    if (request === 'RTM_LISTEN') {
      this.#listen(listenToNetwork(this.#space, (event) => this.#inbox.put(event)));
      return null;
    }
    if (request === 'CT_LISTEN') {
      requireCapable(task.credentials, this.#space.userNs, 'CAP_NET_ADMIN');
      this.#listen(listenToFlows(this.#space.network, (event) => this.#inbox.put(event)));
      return null;
    }
    if (!Object.hasOwn(handlers, request)) throw new OsError('EOPNOTSUPP');
    if (!/^(RTM_GET|RTM_LOOKUP|SOCK_DIAG)/.test(request))
      requireCapable(task.credentials, this.#space.userNs, 'CAP_NET_ADMIN');
    const handler = handlers[request as keyof typeof handlers] as (
      space: HostNamespace,
      argument: unknown,
      task: Task,
    ) => unknown;
    return handler(this.#space, argument, task);
  }
}
