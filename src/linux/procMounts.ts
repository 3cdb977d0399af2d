/** /proc/PID/mounts and /proc/PID/mountinfo: proc_pid_mountinfo(5). */
import { DescriptorInode } from './files/descriptorInode.ts';
import { deviceOf, type Mount, type PeerGroup, pathWithin } from './fs/index.ts';
import { MS_NODEV, MS_NOEXEC, MS_NOSUID } from './syscalls.ts';
import type { Task } from './tasks/task.ts';

/** Blanks and backslashes are octal escapes. */
function escaped(text: string): string {
  return text.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** Where a mount is as `task` sees it; null when it lies outside of its root. */
function targetOf(task: Task, mount: Mount): string | null {
  return pathWithin({ mount, dentry: mount.root }, task.root);
}

function visible(task: Task): { mount: Mount; target: string }[] {
  return task.namespaces.mnt.mounts.flatMap((mount) => {
    const target = targetOf(task, mount);
    return target === null ? [] : [{ mount, target }];
  });
}

const flagNames = [
  [MS_NOSUID, 'nosuid'],
  [MS_NODEV, 'nodev'],
  [MS_NOEXEC, 'noexec'],
] as const;

function flags({ flags: own }: Mount, readOnly: boolean): string {
  const names = flagNames.filter(([flag]) => (own & flag) !== 0).map(([, name]) => name);
  return [readOnly ? 'ro' : 'rw', ...names, 'relatime'].join(',');
}

/** The optional fields of mountinfo; `from` is the nearest group above the master that the reader can see, when the master itself is not. */
function propagation(task: Task, mount: Mount): string {
  const { group, master } = mount;
  const fields: string[] = [];
  if (group !== null) fields.push(`shared:${group.id}`);
  if (master !== null) {
    fields.push(`master:${master.id}`);
    const seen = dominating(task, master);
    if (seen !== null && seen !== master) fields.push(`propagate_from:${seen.id}`);
  }
  if (mount.unbindable) fields.push('unbindable');
  return fields.map((field) => ` ${field}`).join('');
}

function dominating(task: Task, master: PeerGroup): PeerGroup | null {
  for (let at: PeerGroup | null = master; at !== null; ) {
    const members: Mount[] = [...at.members];
    if (members.some(({ ns }) => ns === task.namespaces.mnt)) return at;
    at = members[0]?.master ?? null;
  }
  return null;
}

function superOptions(mount: Mount): string {
  const options = mount.fs.options();
  return options === '' ? '' : `,${options}`;
}

export function mountsText(task: Task): string {
  return visible(task)
    .map(({ mount, target }) => {
      const options = flags(mount, mount.readOnly || mount.fs.readOnly) + superOptions(mount);
      return `${escaped(mount.source)} ${escaped(target)} ${mount.fs.type} ${options} 0 0\n`;
    })
    .join('');
}

export function mountinfoText(task: Task): string {
  return visible(task)
    .map(({ mount, target }) => {
      const root = rootWithin(mount);
      const { major, minor } = deviceOf(mount.fs.dev);
      const shared = `${mount.id} ${mount.parent?.id ?? 0} ${major}:${minor} ${escaped(root)} ${escaped(target)}`;
      const state = mount.fs.readOnly ? 'ro' : 'rw';
      const options = `${flags(mount, mount.readOnly)}${propagation(task, mount)}`;
      return `${shared} ${options} - ${mount.fs.type} ${escaped(mount.source)} ${state}${superOptions(mount)}\n`;
    })
    .join('');
}

/** What part of its file system a bind mount shows. */
function rootWithin(mount: Mount): string {
  const { inode } = mount.root;
  // A namespace has no path in nsfs, but a name: `uts:[4026531838]`.
  if (inode instanceof DescriptorInode) return inode.file.name;
  const names: string[] = [];
  for (let at = mount.root; at.parent !== null; at = at.parent) names.push(at.name);
  return `/${names.reverse().join('/')}`;
}
