/** The engine for learner code, as the worker gets it. */
import address from '@jitl/quickjs-wasmfile-release-sync/wasm?url';

/** Fetched once and compiled once: left to itself each new engine fetches it, and fails where the network has gone meanwhile. */
export async function fetchEngine(): Promise<object> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}
