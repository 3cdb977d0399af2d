/** A host with VMs brings with it what its setup runs: a page has the other commands that may come later only when somebody types. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { setupNetPrograms, setupNetSpecs } from '../../src/shell/commands/net/setup.ts';

/** Tests have all commands from the start, so a process of its own is asked. */
const script = `
  import { providedNames } from './src/shell/commands/later.ts';
  import { createWorld } from './src/world/index.ts';
  import './src/world/virtualization.ts';
  const hosts = [{ name: 'bluebox', hypervisor: { memory: 2 ** 22 }, setup: 'virsh list --all >/root/list' }];
  const list = createWorld({ hosts }, 'virsh').host('bluebox').view.readFile('/root/list');
  console.log(JSON.stringify([providedNames(), new TextDecoder().decode(list)]));
`;

test('a setup may ask libvirtd and set up networks, and no other command that may come later is loaded', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
  });
  const [names, list] = JSON.parse(printed);
  const networking = [...setupNetSpecs.map(({ name }) => name), ...setupNetPrograms.keys()];
  expect(names).toEqual([...networking, 'virsh'].sort());
  expect(list).toContain('Id   Name   State');
});
