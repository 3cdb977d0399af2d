/**
 * Sessions in the cgroup files of a real kernel, and the same lines on a simulated host. The recordings are of Linux 6.12.107 (Debian's
 * cloud kernel) under qemu-system-x86_64 with bash and GNU coreutils; `#` begins a part, `$ ` a line that was typed.
 */
import { readFileSync } from 'node:fs';
import { decodeUtf8 } from '../../src/base/index.ts';
import '../../src/shell/commands/utilities.ts';
import { createWorld, type HostSpec } from '../../src/world/index.ts';

export interface Part {
  readonly title: string;
  /** `$ line` and what it printed. */
  readonly text: string;
}

function partsOf(text: string): Part[] {
  return text
    .split(/^# /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { title: part.slice(0, end), text: part.slice(end + 1) };
    });
}

export function recordedParts(name: string): Part[] {
  return partsOf(readFileSync(new URL(`../linux/cgroup/recorded/${name}.txt`, import.meta.url), 'utf8'));
}

/** As the recording was made: each line in the same shell, both outputs together. */
function scriptOf(parts: readonly Part[]): string {
  const quoted = (line: string) => `'${line.replaceAll("'", `'\\''`)}'`;
  const lines = parts.flatMap(({ title, text }) => [
    `echo ${quoted(`# ${title}`)}`,
    ...[...text.matchAll(/^\$ (.*)$/gm)].map(([, line]) => `R ${quoted(line!)}`),
  ]);
  return [
    'mount -t tmpfs tmpfs /tmp; cd /sys/fs/cgroup; echo 0 > cgroup.procs',
    `R() { printf '$ %s\\n' "$1"; eval "$1" 2>&1; }`,
    ...lines,
  ].join('\n');
}

/** What a shell says before its message: its name and a line number. */
const SPEAKER = /^(?:.*(?=echo: write error)|[^\n:]*: (?:line \d+: )+)/gm;

/** The same lines on a host of our own. */
export function simulatedParts(parts: readonly Part[], host: Partial<HostSpec> = {}): Part[] {
  const world = createWorld(
    {
      hosts: [{ name: 'bluebox', ...host }],
    },
    'cgroups',
  );
  let output = '';
  let ended = false;
  world.host('bluebox').spawn({
    argv: ['/bin/bash', '-c', scriptOf(parts)],
    onOutput: (bytes) => {
      output += decodeUtf8(bytes);
    },
    onExit: () => {
      ended = true;
    },
  });
  world.runUntil(() => ended, world.now + 1e12);
  return partsOf(output.replaceAll(SPEAKER, ''));
}
