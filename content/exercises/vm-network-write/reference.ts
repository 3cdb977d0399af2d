/**
 * What a switch is to do, said in another way than a table: as questions about everything that was heard so far. IEEE 802.1Q-2018, 8.6
 * (forwarding), 8.7 (learning) and 8.8 (the filtering database), with an ageing time of 300 s.
 */
import type { Frame, Out, Port } from './api.d.ts';

/** Seconds. */
export const AGEING = 300;

/** A frame that comes in. */
export interface Arrival {
  /** Name of the port. */
  readonly port: string;
  readonly frame: Frame;
  /** Seconds. */
  readonly now: number;
}

interface Heard {
  readonly mac: string;
  readonly vlan: number;
  readonly port: string;
  readonly at: number;
}

/** Where an address is. */
export type Place = Omit<Heard, 'at'>;

export const isGroup = (mac: string): boolean => '13579bdf'.includes(mac[1]!);

export class SwitchModel {
  readonly #ports: readonly Port[];
  /** The latest is the last. */
  readonly #heard: Heard[] = [];

  constructor(ports: readonly Port[]) {
    this.#ports = ports;
  }

  /** Takes a frame; where it goes, and why. */
  receive({ port: name, frame, now }: Arrival): { readonly out: readonly Out[]; readonly why: string } {
    const nowhere = (why: string) => ({ out: [], why });
    const port = this.#ports.find((each) => each.name === name)!;
    if (port.blocked) return nowhere(`${name} is blocked: nothing comes in there`);
    const vlan = frame.vlan === null ? port.untagged : frame.vlan;
    if (vlan === null) return nowhere(`${name} takes no frames without a tag`);
    if (!this.#isMember(port, vlan)) return nowhere(`${name} is not in VLAN ${vlan}`);
    if (isGroup(frame.source))
      return nowhere(`${frame.source} is a group’s address, which nobody sends from`);
    this.#heard.push({ mac: frame.source, vlan, port: name, at: now });
    const place = isGroup(frame.destination) ? null : this.#whereIs(frame.destination, vlan, now);
    const out: Out[] = [];
    for (const each of this.#ports) {
      if (each.name === name || each.blocked || !this.#isMember(each, vlan)) continue;
      if (place !== null && place !== each.name) continue;
      out.push({ port: each.name, tag: each.untagged === vlan ? null : vlan });
    }
    return { out, why: this.#why(frame, vlan, name, place, now) };
  }

  /** What a table is to hold. */
  known(now: number): readonly Place[] {
    const pairs = new Map(this.#heard.map(({ mac, vlan }) => [`${vlan} ${mac}`, { mac, vlan }]));
    return [...pairs.values()].flatMap(({ mac, vlan }) => {
      const port = this.#whereIs(mac, vlan, now);
      return port === null ? [] : [{ mac, vlan, port }];
    });
  }

  /** Why an address is where it is, or is not known. */
  story(mac: string, vlan: number, now: number): string {
    const last = this.#last(mac, vlan);
    if (last === undefined) return `${mac} has not sent anything in VLAN ${vlan}`;
    const silent = now - last.at;
    if (silent >= AGEING) return `${mac} was heard last ${silent} s ago, at ${last.port}`;
    return `${mac} was heard last at ${last.port}`;
  }

  #last(mac: string, vlan: number): Heard | undefined {
    return this.#heard.findLast((heard) => heard.mac === mac && heard.vlan === vlan);
  }

  #whereIs(mac: string, vlan: number, now: number): string | null {
    const last = this.#last(mac, vlan);
    return last === undefined || now - last.at >= AGEING ? null : last.port;
  }

  #isMember({ untagged, tagged }: Port, vlan: number): boolean {
    return untagged === vlan || tagged.some((id) => id === vlan);
  }

  #why({ destination }: Frame, vlan: number, from: string, place: string | null, now: number): string {
    if (isGroup(destination)) return `it is for everybody in VLAN ${vlan}`;
    if (place === null) return `${this.story(destination, vlan, now)}, so that it may be anywhere`;
    return place === from
      ? `${destination} is behind ${from} itself and has it already`
      : `${destination} is behind ${place}`;
  }
}
