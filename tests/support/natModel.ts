/**
 * What a masquerading router should do, in a few lines: an inside end keeps one outside port for each remote end, no two share one
 * towards the same remote end, and only answers come in.
 */
export interface End {
  readonly host: number;
  readonly port: number;
}

const key = (...ends: readonly End[]) => ends.map((end) => `${end.host}:${end.port}`).join(' ');

export class NatModel {
  /** inside end and remote end → outside port. */
  readonly #ports = new Map<string, number>();
  /** remote end and outside port → inside end. */
  readonly #inside = new Map<string, End>();

  /** A packet of `inside` arrived at `remote` from `port` of the router. Says what is wrong with that, null for nothing. */
  sent(inside: End, remote: End, port: number): string | null {
    const known = this.#ports.get(key(inside, remote));
    if (known !== undefined) return known === port ? null : `port ${known} became ${port}`;
    const back = key(remote, { host: -1, port });
    const taken = this.#inside.get(back);
    if (taken !== undefined) return `port ${port} belongs to ${key(taken)}`;
    this.#ports.set(key(inside, remote), port);
    this.#inside.set(back, inside);
    return null;
  }

  /** Who should hear a packet of `remote` to `port` of the router; null is nobody. */
  answered(remote: End, port: number): End | null {
    return this.#inside.get(key(remote, { host: -1, port })) ?? null;
  }
}
