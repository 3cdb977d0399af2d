/** Tests run commands right away: all of their code is there. */
import '../../src/shell/commands/utilities.ts';

// Where it seems to be called over a network, as at a pipe of Node's, and by no shell, the machine's bash reads its user's .bashrc: half a second
// for some, and no part of what is compared.
process.env['SHLVL'] ??= '1';
