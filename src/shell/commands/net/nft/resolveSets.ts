/** What can be said of sets once it is known which there are: what their elements are, and whether rules fit them. */
import { strerror } from '../../../../base/index.ts';
import type { FilterChange, TableInfo } from '../../../../linux/net/netlink/filterRequests.ts';
import { keyText, type SetDeclaration, type SetKey } from '../../../../network/index.ts';
import type { Change, Command, ElementsCommand } from './commands.ts';
import { refuseOverlaps } from './overlaps.ts';
import { FIELD_TYPES, TYPES } from './setTypes.ts';
import { NftError } from './tokens.ts';

interface Known {
  readonly declaration: SetDeclaration;
  /** By their texts. */
  keys: Map<string, SetKey>;
}

const tableName = (family: string, table: string) => `${family} ${table}`;
const nameOf = (family: string, table: string, set: string) => `${family} ${table} ${set}`;

/** Follows what a list of commands makes of the sets. */
class Sets {
  readonly #known = new Map<string, Known>();
  readonly #tables = new Set<string>();

  constructor(tables: readonly TableInfo[]) {
    for (const { family, name, sets } of tables) {
      this.#tables.add(tableName(family, name));
      for (const { name: set, declaration, elements } of sets)
        this.#known.set(nameOf(family, name, set), {
          declaration,
          keys: new Map(elements.map(({ key }) => [keyText(key), key])),
        });
    }
  }

  follow({ change, uses }: Change): void {
    if (change.change === 'flushRuleset') {
      this.#known.clear();
      this.#tables.clear();
      return;
    }
    const { family, table } = change;
    if (change.change === 'newTable') this.#tables.add(tableName(family, table));
    if (change.change === 'deleteTable') this.#tables.delete(tableName(family, table));
    for (const { token, field, expression } of uses) {
      const known = this.#known.get(nameOf(family, table, token.text.slice(1)));
      if (known === undefined) throw new NftError(strerror('ENOENT'), token);
      const [wanted, found] = [TYPES[FIELD_TYPES[field]], TYPES[known.declaration.type]];
      if (wanted !== found)
        throw new NftError(
          `datatype mismatch, expected ${wanted.title}, expression has type ${found.title}`,
          token,
          token,
          expression,
        );
    }
    if (change.change === 'newSet') {
      const name = nameOf(family, table, change.set);
      if (!this.#known.has(name)) this.#known.set(name, { declaration: change.declaration, keys: new Map() });
    } else if (change.change === 'deleteSet') this.#known.delete(nameOf(family, table, change.set));
    else if (change.change === 'flushSet') {
      const known = this.#known.get(nameOf(family, table, change.set));
      if (known !== undefined) known.keys.clear();
    }
  }

  /** The changes that elements are. Throws NftError. */
  elements({ verb, name, set, places, elements }: ElementsCommand): Change[] {
    const known = this.#known.get(nameOf(name.family, name.table, set.text));
    if (known === undefined) {
      const table = this.#tables.has(tableName(name.family, name.table));
      throw new NftError(strerror('ENOENT'), table ? set : places.table);
    }
    const { declaration } = known;
    const read = elements.map(({ key: token, ...rest }) => {
      const key = TYPES[declaration.type].read(token);
      const kind = token.text.includes('-') && !/[/*]/.test(token.text) ? 'range' : 'prefix';
      const several = typeof key === 'string' ? key.endsWith('*') : key[0] !== key[1];
      if (several && !declaration.interval)
        throw new NftError(
          `You must add 'flags interval' to your set declaration if you want to add ${kind} elements`,
          token,
        );
      return { key, token, rest };
    });
    if (verb !== 'delete' && declaration.interval && !declaration.autoMerge)
      refuseOverlaps([...known.keys.values()], read);
    return read.map(({ key, token, rest }): Change => {
      const change = { ...name, set: set.text };
      const at = { ...places, element: token };
      if (verb === 'delete') {
        if (!known.keys.delete(keyText(key)) && declaration.interval)
          throw new NftError('element does not exist', token);
        return { kind: 'change', change: { change: 'deleteElement', key, ...change }, places: at, uses: [] };
      }
      known.keys.set(keyText(key), key);
      const made: FilterChange = {
        change: 'newElement',
        element: { key, ...rest },
        exclusive: verb === 'create',
        ...change,
      };
      return { kind: 'change', change: made, places: at, uses: [] };
    });
  }
}

/** The commands with elements as the changes that they are. Throws NftError. */
export function resolveSets(
  commands: readonly Command[],
  tables: readonly TableInfo[],
): Exclude<Command, ElementsCommand>[] {
  const sets = new Sets(tables);
  return commands.flatMap((command) => {
    if (command.kind === 'elements') return sets.elements(command);
    if (command.kind === 'change') sets.follow(command);
    return [command];
  });
}
