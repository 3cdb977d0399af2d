/** Runs the project's tools, each by its script below node_modules, in the Node that runs this. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
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

/** Starts a tool in the project's folder, with this process's own terminal unless `stdio` says otherwise. */
export function startTool(tool: Tool, stdio: StdioOptions = 'inherit'): ChildProcess {
  const script = scriptOf(tool.package, tool.bin ?? tool.package);
  return spawn(process.execPath, [script, ...tool.args], {
    cwd: ROOT,
    stdio,
    env: { ASTRO_TELEMETRY_DISABLED: '1', ...process.env, ...tool.env },
  });
}

/**
 * Runs a tool to its end; returns its exit status (1 when a signal ended it). With `print`, what it prints is given to that in the end, so that
 * several tools can run side by side.
 */
export function runTool(tool: Tool, print?: (text: Uint8Array) => void): Promise<number> {
  const child = startTool(tool, print === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe']);
  const printed: Uint8Array[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => printed.push(piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      print?.(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}
