/** The daemon's containers by id and by name: a new name is looked for among all, however many there are. */
import type { Container } from './model.ts';

export class ContainerTable {
  readonly #byId = new Map<string, Container>();
  /** Names as `Container.Name` has them, with the slash. */
  readonly #byName = new Map<string, Container>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The container of exactly this name, without the slash. */
  named(name: string): Container | null {
    return this.#byName.get(`/${name}`) ?? null;
  }

  /** In the order in which they came. */
  values(): MapIterator<Container> {
    return this.#byId.values();
  }

  add(container: Container): void {
    this.#byId.set(container.ID, container);
    this.#byName.set(container.Name, container);
  }

  remove(container: Container): void {
    this.#byId.delete(container.ID);
    if (this.#byName.get(container.Name) === container) this.#byName.delete(container.Name);
  }

  /** `name` without the slash; nobody may have it. */
  rename(container: Container, name: string): void {
    this.#byName.delete(container.Name);
    container.Name = `/${name}`;
    this.#byName.set(container.Name, container);
  }
}
