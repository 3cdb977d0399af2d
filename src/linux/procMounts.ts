/** /proc/PID/mounts and /proc/PID/mountinfo: proc_pid_mountinfo(5). */
import { type Mount, pathOf } from './fs/index.ts';
import type { Task } from './tasks/task.ts';

/** Blanks and backslashes are octal escapes. */
function escaped(text: string): string {
  return text.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** Where a mount is as `task` sees it; null when it lies outside of its root. */
function targetOf(task: Task, mount: Mount): string | null {
  const path = pathOf({ mount, dentry: mount.root }, task.root);
  return path.startsWith('(unreachable)') ? null : path;
}

function visible(task: Task): { mount: Mount; target: string }[] {
  return task.namespaces.mnt.mounts.flatMap((mount) => {
    const target = targetOf(task, mount);
    return target === null ? [] : [{ mount, target }];
  });
}

function flags(readOnly: boolean): string {
  return `${readOnly ? 'ro' : 'rw'},relatime`;
}

function superOptions(mount: Mount): string {
  const options = mount.fs.options();
  return options === '' ? '' : `,${options}`;
}

export function mountsText(task: Task): string {
  return visible(task)
    .map(({ mount, target }) => {
      const options = flags(mount.readOnly || mount.fs.readOnly) + superOptions(mount);
      return `${escaped(mount.source)} ${escaped(target)} ${mount.fs.type} ${options} 0 0\n`;
    })
    .join('');
}

export function mountinfoText(task: Task): string {
  return visible(task)
    .map(({ mount, target }) => {
      const root = rootWithin(mount);
      const shared = `${mount.id} ${mount.parent?.id ?? 0} 0:${mount.fs.dev} ${escaped(root)} ${escaped(target)}`;
      const state = mount.fs.readOnly ? 'ro' : 'rw';
      return `${shared} ${flags(mount.readOnly)} - ${mount.fs.type} ${escaped(mount.source)} ${state}${superOptions(mount)}\n`;
    })
    .join('');
}

/** What part of its file system a bind mount shows. */
function rootWithin(mount: Mount): string {
  const names: string[] = [];
  for (let at = mount.root; at.parent !== null; at = at.parent) names.push(at.name);
  return `/${names.reverse().join('/')}`;
}
