/** Some commands of hosts with a network are among those whose code may come later (later.ts), but the setup of such a host may use them. */
import { provideLater } from '../shell/commands/later.ts';
import { setupNetCompletions, setupNetPrograms, setupNetSpecs } from '../shell/commands/net/setup.ts';

provideLater(setupNetSpecs, setupNetPrograms, setupNetCompletions);
