/** The PORTS column of docker ps: neighbours in one range, mappings to other numbers one by one (cli/command/formatter). */
export interface ListedPort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

interface Group {
  readonly ip: string | undefined;
  readonly type: string;
  readonly first: number;
  last: number;
}

function groupText({ ip, type, first, last }: Group): string {
  const range = first === last ? `${first}` : `${first}-${last}`;
  return ip === undefined ? `${range}/${type}` : `${ip}:${range}->${range}/${type}`;
}

const inOrder = (a: ListedPort, b: ListedPort) =>
  a.PrivatePort - b.PrivatePort ||
  Number((a.IP ?? '') > (b.IP ?? '')) - Number((a.IP ?? '') < (b.IP ?? '')) ||
  (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
  (a.Type < b.Type ? -1 : 1);

export function portsText(ports: readonly ListedPort[]): string {
  const done: string[] = [];
  const open = new Map<string, Group>();
  const mappings: string[] = [];
  for (const { IP: ip, PrivatePort, PublicPort, Type: type } of [...ports].sort(inOrder)) {
    if (ip !== undefined && PublicPort !== PrivatePort) {
      mappings.push(`${ip}:${PublicPort}->${PrivatePort}/${type}`);
      continue;
    }
    const key = `${ip}/${type}`;
    const group = open.get(key);
    if (group?.last === PrivatePort - 1) {
      group.last = PrivatePort;
      continue;
    }
    if (group !== undefined) done.push(groupText(group));
    open.set(key, { ip, type, first: PrivatePort, last: PrivatePort });
  }
  return [...done, ...[...open.values()].map(groupText), ...mappings].join(', ');
}
