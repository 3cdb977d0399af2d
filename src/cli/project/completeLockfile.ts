/**
 * Adds what `npm install` may leave out of package-lock.json: optional packages for other platforms, when the registry in
 * use does not carry them. Without these entries `npm ci` refuses the lock file. Run after every change of dependencies:
 *
 *     npm run lock
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockPackage {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const platforms = [
  'android',
  'darwin',
  'linux',
  'freebsd',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'win32',
  'openharmony',
];

/** The `os` and `cpu` fields that keep npm from ever fetching the package on another platform. */
function platformOf(name: string): { os?: string[]; cpu?: string[] } {
  const words = name.replace('windows', 'win32').split(/[-/@]/);
  const os = platforms.filter((platform) => words.includes(platform));
  const cpu = [
    'arm64',
    'arm',
    'x64',
    'ia32',
    'ppc64',
    'riscv64',
    's390x',
    'wasm32',
    'loong64',
    'mips64el',
  ].filter((arch) => words.some((word) => word === arch || (arch === 'arm' && word === 'arm')));
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }) };
}

/** Returns the names added to the lock file at `path`. */
export function completeLockfile(path: string): string[] {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockPackage> };
  const added: string[] = [];
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (lock.packages[key] !== undefined || !/^\d/.test(version)) continue;
      lock.packages[key] = { version, ...platformOf(name), ...(parent.dev && { dev: true }), optional: true };
      added.push(`${name}@${version}`);
    }
  }
  const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
  return added;
}
