/** Commands about what libvirtd keeps of a domain: to start it with the host, or where it was. */
import { writeAll } from '../../../linux/index.ts';
import { lookup, orFail } from './asking.ts';
import { DOMAIN, type VirshCommand } from './commands.ts';

const autostart: VirshCommand = {
  name: 'autostart',
  summary: 'autostart a domain',
  description: 'Configure a domain to be automatically started at boot.',
  options: [DOMAIN, { name: 'disable', help: 'disable autostarting' }],
  unsimulated: 'once',
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    const on = !args.has('disable');
    yield* orFail(`Failed to ${on ? '' : 'un'}mark domain '${name}' as autostarted`, () =>
      virsh.connection.ask('autostart', { key: uuid, on }),
    );
    yield* writeAll(1, `Domain '${name}' ${on ? '' : 'un'}marked as autostarted\n`);
  },
};

const managedsave: VirshCommand = {
  name: 'managedsave',
  summary: 'managed save of a domain state',
  description:
    'Save and destroy a running domain, so it can be restarted from the same state at a later time. When the virsh start command is next run for the domain, it will automatically be started from this saved state.',
  options: [DOMAIN],
  unsimulated: 'bypass-cache running paused verbose',
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    yield* orFail(`Failed to save domain '${name}' state`, () =>
      virsh.connection.ask('managedSave', { key: uuid }),
    );
    yield* writeAll(1, `\nDomain '${name}' state saved by libvirt\n`);
  },
};

const managedsaveRemove: VirshCommand = {
  name: 'managedsave-remove',
  summary: 'Remove managed save of a domain',
  description: 'Remove an existing managed save state file from a domain',
  options: [DOMAIN],
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    const removed = yield* orFail(`Failed to remove managed save image for domain '${name}'`, () =>
      virsh.connection.ask('managedSaveRemove', { key: uuid }),
    );
    yield* writeAll(
      1,
      removed
        ? `Removed managedsave image for domain '${name}'\n`
        : `Domain '${name}' has no manage save image; removal skipped\n`,
    );
  },
};

export const keepingCommands: readonly VirshCommand[] = [autostart, managedsave, managedsaveRemove];
