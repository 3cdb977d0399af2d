/** Variables of a build: global ones, those of a stage, and where each value comes from (Dockerfile reference, "ARG", "ENV"). */
import type { ArgInstruction, Lookup } from '../../oci/dockerfile/index.ts';
import { expandWord } from '../../oci/dockerfile/index.ts';

/** What BuildKit defines by itself in the global scope. */
function platformArgs(target: string): [string, string][] {
  return ['BUILD', 'TARGET']
    .flatMap((side): [string, string][] => [
      [`${side}PLATFORM`, 'linux/amd64'],
      [`${side}OS`, 'linux'],
      [`${side}OSVERSION`, ''],
      [`${side}ARCH`, 'amd64'],
      [`${side}VARIANT`, ''],
    ])
    .concat([['TARGETSTAGE', target || 'default']]);
}

/** Arguments that need no ARG, that RUN has in its environment, and that change nothing in what is cached. */
const proxies = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

export const isProxy = (name: string): boolean => proxies.includes(name.toLowerCase());

export const quietEnv = (buildArgs: ReadonlyMap<string, string>): string[] =>
  [...buildArgs]
    .filter(([name]) => isProxy(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);

/** The global scope: ARG before the first FROM, in whose default values what stands before counts. */
export function globalArgs(
  declared: readonly ArgInstruction[],
  buildArgs: ReadonlyMap<string, string>,
  target: string,
  escapeToken: string,
): ReadonlyMap<string, string> {
  const scope = new Map(platformArgs(target).map(([name, value]) => [name, buildArgs.get(name) ?? value]));
  for (const { name, value } of declared.flatMap(({ args }) => args)) {
    const given = buildArgs.get(name);
    if (given !== undefined) scope.set(name, given);
    else if (value !== null)
      scope.set(
        name,
        expandWord(value, (word) => scope.get(word), { escape: escapeToken }),
      );
  }
  return scope;
}

/** The environment of a stage's steps, in the order in which names first came, and the arguments declared in it. */
export class StageVariables {
  readonly #env = new Map<string, string>();
  /** Name → value; null when it has none. */
  readonly args = new Map<string, string | null>();
  /** Names that were looked up and are nowhere declared, since it was cleared. */
  readonly unknown = new Set<string>();
  readonly lookup: Lookup = (name) => {
    const value = this.#env.get(name);
    if (value === undefined && !this.args.has(name)) this.unknown.add(name);
    return value;
  };
  /** For what is only shown. */
  readonly shown: Lookup = (name) => this.#env.get(name);

  constructor(env: readonly string[], inherited: ReadonlyMap<string, string | null> = new Map()) {
    for (const pair of env) this.set(pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1));
    for (const [name, value] of inherited) this.args.set(name, value);
  }

  set(name: string, value: string): void {
    this.#env.set(name, value);
  }

  get names(): string[] {
    return [...this.#env.keys()];
  }

  get env(): string[] {
    return [...this.#env].map(([name, value]) => `${name}=${value}`);
  }

  /** `|2 A=1 B=2`, in front of a command in the history; nothing without arguments. */
  get shownArgs(): string[] {
    if (this.args.size === 0) return [];
    const pairs = [...this.args].map(([name, value]) => `${name}=${this.#env.get(name) ?? value ?? ''}`);
    return [`|${pairs.length}`, ...pairs];
  }
}
