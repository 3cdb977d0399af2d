/** The code of the utilities that may come later (later.ts): importing this file provides it. */
import '../../container/build/index.ts';
import '../../container/distribution/index.ts';
import '../../container/runtime/index.ts';
import './docker/rarer.ts';
import { archiveCommands } from './archives/index.ts';
import { awkCommands } from './awk/index.ts';
import { byteCommands } from './bytes/index.ts';
import { cloudCompletions, cloudPrograms } from './clouds/index.ts';
import { diffCommands } from './diff/index.ts';
import { qemuImgCompletion, qemuImgProgram } from './disk/index.ts';
import { firstSpecs } from './first.ts';
import { ipcCommands } from './ipc/index.ts';
import { jqProgram } from './jq/index.ts';
import { provideLater } from './later.ts';
import { mtoolsCommands } from './mtools/index.ts';
import { namespaceCommands } from './namespaces/index.ts';
import { netCompletions, netPrograms, netSpecs } from './net/index.ts';
import type { CommandSpec } from './options.ts';
import { privilegeCommands, privilegePrograms } from './privileges/index.ts';
import { resourceCommands } from './resources/index.ts';
import { manualCommands, screenCommands } from './screen/index.ts';
import { sedCommands } from './sed/index.ts';
import { strace } from './strace/index.ts';
import { rarerTextCommands } from './text/rarer.ts';
import { traceCommand } from './trace/index.ts';
import { virshCompletion, virshProgram } from './virsh/index.ts';

const specs: readonly CommandSpec[] = [
  ...archiveCommands,
  ...awkCommands,
  ...byteCommands,
  ...diffCommands,
  ...ipcCommands,
  ...mtoolsCommands,
  ...namespaceCommands,
  ...manualCommands(() => [...firstSpecs, ...specs]),
  ...netSpecs,
  ...privilegeCommands,
  ...resourceCommands,
  ...screenCommands,
  ...sedCommands,
  ...rarerTextCommands,
  strace,
  traceCommand,
];

provideLater(
  specs,
  new Map([
    ['qemu-img', qemuImgProgram],
    ['jq', jqProgram],
    ['virsh', virshProgram],
    ...cloudPrograms,
    ...netPrograms,
    ...privilegePrograms,
  ]),
  new Map([
    ['qemu-img', qemuImgCompletion],
    ['virsh', virshCompletion],
    ...cloudCompletions,
    ...netCompletions,
  ]),
);
