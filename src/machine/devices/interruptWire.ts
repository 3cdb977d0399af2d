/** One wire from a device to an interrupt controller. */
export interface InterruptWire {
  /** Drives the wire: level-triggered, so calling with the same level again changes nothing. */
  set(level: boolean): void;
}
