/** The terminal sessions printed in the part on images are what the book's own qemu-img and hosts answer. */
import { expect, test } from 'vitest';
import { type ConsoleBlock, consoleBlocks } from '../support/consoleBlocks.ts';
import { diskXml, domainXml, type VmHost, vmHost } from '../support/vmHost.ts';
import '../../src/shell/commands/utilities.ts';

const FILE = '02-images.mdx';
const FOLDER = '/var/lib/libvirt/images';

const normal = (text: string) => text.trim();

function replay(on: VmHost, block: ConsoleBlock): void {
  for (const { command, output } of block.exchanges)
    expect(`${command}\n${normal(on.out(`cd ${FOLDER}; ${command}`))}`).toBe(`${command}\n${normal(output)}`);
}

/** A machine is started from the disk, writes to its first sector, and is switched off. */
function writeFromAMachine(on: VmHost): void {
  on.out('virsh create /tmp/web1.xml');
  const console = on.terminal();
  for (const typed of ['sudo virsh console web1\r', '\r', 'root\r', 'echo hello > /dev/vda\r', 'sync\r'])
    console.type(typed);
  on.out('virsh destroy web1');
}

test('empty disks, an overlay, and where a machine’s clusters lie', () => {
  const system = '/usr/share/virtbook';
  const xml = domainXml('web1', {
    memory: 8192,
    kernel: `${system}/kernel`,
    devices: diskXml(`${FOLDER}/web1.qcow2`, 'vda'),
  }).replace('</kernel>', `</kernel><initrd>${system}/initramfs</initrd>`);
  const on = vmHost({ '/tmp/web1.xml': xml }, { memory: 32 * 2 ** 20 });
  const blocks = ['img-raw', 'img-qcow2', 'img-cow'].flatMap((anchor) => consoleBlocks(FILE, anchor));
  expect(blocks).toHaveLength(4);
  const [raw, qcow2, overlay, map] = blocks;
  replay(on, raw!);
  replay(on, qcow2!);
  // Something that lies on the disk before the image is made of it: the seventh cluster.
  on.sh(`dd if=/etc/passwd of=${FOLDER}/disk.raw bs=4096 seek=100 conv=notrunc`);
  replay(on, overlay!);
  writeFromAMachine(on);
  replay(on, map!);
});
