/** What a command says of an error of the simulation's own, which ended one simulated process alone. */
import type { Oops } from '../linux/index.ts';

export function tellOops({ comm, error }: Oops): void {
  process.stderr.write(
    `virtbook: a fault of the simulation ended ${comm}; the rest goes on\n${error.stack}\n`,
  );
}
