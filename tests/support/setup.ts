/** Tests run commands right away: all of their code is there. */
import '../../src/shell/commands/utilities.ts';
