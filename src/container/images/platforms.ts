/** Platforms that are asked for by name: containerd's platforms.Parse, and the image service's answer to one that an image is not for. */
import { goQuote } from '../../base/index.ts';
import { EngineError, type StoredImage } from '../model.ts';

interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const SYSTEMS =
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows';
const ARCHITECTURES =
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm';
const OTHER_NAMES: Readonly<Record<string, readonly [string, string]>> = {
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  i386: ['386', ''],
  aarch64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

const OS_FORM = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const PART_FORM = /^[A-Za-z0-9_.-]+$/;

/** `linux/arm64`, `arm64` or `linux`; what is left out is this host's. Throws EngineError. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  const [first = '', second, third = ''] = parts;
  const known = (list: string, word: string) => list.split(' ').includes(word);
  const isName = (word: string) => known(ARCHITECTURES, word) || Object.hasOwn(OTHER_NAMES, word);
  for (const [i, part] of parts.entries()) {
    const form = i === 0 ? OS_FORM : PART_FORM;
    if (form.test(part)) continue;
    const [what, named] = i === 0 ? ['OS component', 'OSAndVersion'] : ['component', 'platform'];
    const must = `${named} specifier component must match ${goQuote(form.source)}`;
    throw new EngineError(400, `"${part}" is an invalid ${what} of "${text}": ${must}: invalid argument`);
  }
  if (parts.length > 3)
    throw new EngineError(400, `"${text}": cannot parse platform specifier: invalid argument`);
  if (second === undefined && known(SYSTEMS, first)) return { os: first, architecture: 'amd64', variant: '' };
  if (second === undefined && !isName(first))
    throw new EngineError(400, `"${text}": unknown operating system or architecture: invalid argument`);
  const [os, name] = second === undefined ? ['linux', first] : [first, second];
  const [architecture, variant] = OTHER_NAMES[name] ?? [name, ''];
  const own = third || variant;
  const isPlain = (architecture === 'arm64' && own === 'v8') || (architecture === 'arm' && own === 'v7');
  return { os, architecture, variant: isPlain ? '' : own };
}

const nameOf = ({ os, architecture, variant }: Platform) =>
  [os, architecture, variant].filter((part) => part !== '').join('/');

/** Throws EngineError 404 for an image that is not for the platform that is asked for. */
export function requirePlatform(name: string, { config }: StoredImage, asked = ''): void {
  if (asked === '') return;
  const wanted = parsePlatform(asked);
  const own = { os: config.os, architecture: config.architecture, variant: '' };
  if (wanted.os === own.os && wanted.architecture === own.architecture) return;
  throw new EngineError(
    404,
    `image with reference ${name} was found but its platform (${nameOf(own)}) does not match the specified platform (${nameOf(wanted)})`,
  );
}
