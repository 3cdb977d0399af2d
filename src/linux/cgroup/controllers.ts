/** The controllers that exist here (admin-guide/cgroup-v2.rst, "Controllers"), in the order in which the kernel lists them. */
export const CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'pids'] as const;

export type Controller = (typeof CONTROLLERS)[number];

/** What a service manager gives to its services without being asked. */
export const SERVICE_CONTROLLERS: ReadonlySet<Controller> = new Set<Controller>(['cpu', 'memory', 'pids']);

/**
 * Controllers whose resource is not bound to a process's memory: a cgroup with processes of its own may give these to its children,
 * and is a threaded domain then ("Threads").
 */
export const THREADED: ReadonlySet<Controller> = new Set<Controller>(['cpuset', 'cpu', 'pids']);

export function isController(name: string): name is Controller {
  return (CONTROLLERS as readonly string[]).includes(name);
}

/** As in cgroup.controllers: `cpu memory pids`. */
export function listControllers(set: ReadonlySet<Controller>): string {
  return CONTROLLERS.filter((name) => set.has(name)).join(' ');
}
