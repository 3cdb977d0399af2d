/** virsh is among the commands whose code may come later (later.ts), but the setup of a host with VMs runs it before anybody types. */
import { provideLater } from '../shell/commands/later.ts';
import { virshCompletion, virshProgram } from '../shell/commands/virsh/index.ts';

provideLater([], new Map([['virsh', virshProgram]]), new Map([['virsh', virshCompletion]]));
