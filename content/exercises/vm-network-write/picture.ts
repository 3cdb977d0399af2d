/** Drawings of a switch: its ports with the frame's way, and its table. */
import type { Entry, Out, Port } from './api.d.ts';
import type { Place } from './reference.ts';

export function outText(out: readonly Out[]): string {
  if (out.length === 0) return 'nowhere';
  return `out of ${out.map(({ port, tag }) => (tag === null ? port : `${port} (tag ${tag})`)).join(', ')}`;
}

function vlansText({ untagged, tagged }: Port): string {
  const parts = untagged === null ? [] : [`VLAN ${untagged}`];
  if (tagged.length > 0) parts.push(`tags ${tagged.join(' ')}`);
  return parts.join(', ');
}

/** A line for each port: where the frame came in, where it went, and, with `right`, where it should not have or should have. */
export function portsPicture(
  ports: readonly Port[],
  from: string,
  way: { readonly out: readonly Out[]; readonly right: readonly Out[] } | null,
): string {
  const names = Math.max(...ports.map(({ name }) => name.length));
  const vlans = Math.max(...ports.map((port) => vlansText(port).length));
  const lines = ports.map((port) => {
    const parts = port.name === from ? ['──▶ in'] : [];
    const leaving = (way?.out ?? []).filter((each) => each.port === port.name);
    const meant = (way?.right ?? []).find((each) => each.port === port.name);
    for (const { tag } of leaving) {
      parts.push(tag === null ? '◀── out' : `◀── out, tag ${tag}`);
      if (meant === undefined) parts.push(' ◀ not meant');
      else if (meant.tag !== tag)
        parts.push(meant.tag === null ? ' ◀ without a tag' : ` ◀ with tag ${meant.tag}`);
    }
    if (meant !== undefined && leaving.length === 0) parts.push('        ◀ missing');
    if (port.blocked) parts.unshift('✕ blocked');
    return `  ${port.name.padEnd(names)}  ${vlansText(port).padEnd(vlans)}  ${parts.join(' ')}`.trimEnd();
  });
  return ['ports', ...lines].join('\n');
}

/** A line for each address; with `right`, what is wrong in it. */
export function tablePicture(table: readonly Entry[], right: readonly Place[] | null, now: number): string {
  const same = (a: Place, b: Place) => a.mac === b.mac && a.vlan === b.vlan;
  const line = ({ mac, vlan, port }: Place, rest: string) => `  ${mac}  VLAN ${vlan}  ${port}  ${rest}`;
  const lines = table.map((entry) => {
    const meant = right?.find((place) => same(place, entry));
    const mark =
      right === null || meant?.port === entry.port
        ? ''
        : meant === undefined
          ? '  ◀ not meant'
          : `  ◀ is at ${meant.port}`;
    return line(entry, `heard ${now - entry.seen} s ago${mark}`);
  });
  for (const place of right ?? [])
    if (!table.some((entry) => same(place, entry))) lines.push(line(place, '◀ missing'));
  return ['table', ...(lines.length === 0 ? ['  empty'] : lines)].join('\n');
}
