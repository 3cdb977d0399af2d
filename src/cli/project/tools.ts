/** Runs the project's tools, each by its script below node_modules, in the Node that runs this. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const require = createRequire(import.meta.url);

/** The script that `package` installs as the command `bin`. */
function scriptOf(packageName: string, bin: string): string {
  const folder = path.join(ROOT, 'node_modules', packageName);
  const manifest = require(path.join(folder, 'package.json')) as { bin: string | Record<string, string> };
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin];
  if (file === undefined) throw new Error(`${packageName} installs no command ${bin}`);
  return path.join(folder, file);
}

export interface Tool {
  readonly package: string;
  /** The command's name where it differs from the package's. */
  readonly bin?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a tool in the project's folder with this process's own terminal. */
export function startTool(tool: Tool): ChildProcess {
  const script = scriptOf(tool.package, tool.bin ?? tool.package);
  return spawn(process.execPath, [script, ...tool.args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ASTRO_TELEMETRY_DISABLED: '1', ...process.env, ...tool.env },
  });
}

/** Runs a tool to its end; returns its exit status (1 when a signal ended it). */
export function runTool(tool: Tool): Promise<number> {
  const child = startTool(tool);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
