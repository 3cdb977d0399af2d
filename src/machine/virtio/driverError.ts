/**
 * A driver broke a rule of the specification in a way that leaves the device with nothing sensible to do. The transport turns it into
 * DEVICE_NEEDS_RESET (virtio 1.2, 2.1.2); it never leaves the device.
 */
export class DriverError extends Error {}

export function driverMust(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new DriverError(reason);
}
