/** What the emulator said before it ended, as libvirt quotes it. */
import { LibvirtError } from '../errors.ts';

export const monitorError = (message: string): LibvirtError =>
  new LibvirtError('internal', `process exited while connecting to monitor: qemu-system-riscv32: ${message}`);
