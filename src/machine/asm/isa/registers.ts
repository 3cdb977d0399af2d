/** The integer registers and their ABI names (RISC-V ABIs, "Integer Register Convention"). */

/** ABI name of x0 … x31. */
export const registerNames: readonly string[] = [
  ...['zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1'],
  ...['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'],
  ...['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6'],
];

const numbers = new Map<string, number>([
  ...registerNames.map((name, number): [string, number] => [name, number]),
  ...registerNames.map((_, number): [string, number] => [`x${number}`, number]),
  ['fp', 8],
]);

/** The number of the register called `name` (ABI name, `fp` or x0 … x31), or undefined. */
export const registerNumber = (name: string): number | undefined => numbers.get(name);

/** Every name a register can be written with. */
export const allRegisterNames = (): readonly string[] => [...numbers.keys()];
