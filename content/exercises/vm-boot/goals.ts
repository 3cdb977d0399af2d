/** The terminal goals: how far each VM has come since it was switched on, whatever route led there. */
import type { Goal, World } from '../../../src/exercise/index.ts';

/** What a VM that runs has printed since it was switched on; null when it does not run. */
export function consoleOf(world: World, vm: string): string | null {
  let text: string | null = null;
  for (const { kind, detail } of world.trace.since(0)) {
    if (kind === 'kvm.create' && detail.vm === vm) text = '';
    else if ((kind === 'kvm.stop' || kind === 'kvm.destroy') && detail.vm === vm) text = null;
    else if (kind === 'console.output' && detail.vm === vm && text !== null) text += detail.text;
  }
  return text?.replaceAll('\r', '') ?? null;
}

interface About {
  readonly vm: string;
  /** The partition that its system is on. */
  readonly root?: string;
  readonly title: string;
  readonly feedback: string;
}

/** Up, on its own root, and asking who is there under its own name. */
function isUp(world: World, { vm, root }: About): boolean {
  const lines = consoleOf(world, vm)?.split('\n') ?? [];
  const mounted = root === undefined || lines.some((line) => line.includes(`root: mounted /dev/${root}`));
  return mounted && lines.some((line) => line.startsWith(`${vm} login: `));
}

const goal = (about: About): Goal => ({
  id: about.vm,
  title: about.title,
  points: 6,
  feedback: about.feedback,
  holds: (world) => isUp(world, about),
});

export const goals: readonly Goal[] = [
  goal({
    vm: 'web',
    root: 'vdb1',
    title: 'web runs from its system disk, and asks for a login',
    feedback:
      'web has to run with /dev/vdb1 as its root and to stand at “web login:”. Which disks does its definition ask, and in which order?',
  }),
  goal({
    vm: 'mail',
    root: 'vda1',
    title: 'mail runs from its disk, and asks for a login',
    feedback:
      'mail has to run with /dev/vda1 as its root and to stand at “mail login:”. What do the last two bytes of its first sector say?',
  }),
  goal({
    vm: 'db',
    root: 'vda1',
    title: 'db runs from its disk, and asks for a login',
    feedback:
      'db has to run with /dev/vda1 as its root and to stand at “db login:”. What does the command line that its loader passes on call the root, and what is there?',
  }),
  goal({
    vm: 'cache',
    root: 'vda1',
    title: 'cache runs from its disk, and asks for a login',
    feedback:
      'cache has to run with /dev/vda1 as its root and to stand at “cache login:”. Firmware and loader can read its disk; what does the kernel need to see it?',
  }),
  goal({
    vm: 'kiosk',
    title: 'kiosk boots over the network, and asks for a login',
    feedback:
      'kiosk has to run and to stand at “kiosk login:”; its name comes from hostname= on the command line. Which file did its loader ask the TFTP server for last?',
  }),
];
