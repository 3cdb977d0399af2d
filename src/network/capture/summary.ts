/** One line about a frame, for the trace: as tcpdump prints it, without the time. */
import { FramePrinter } from './printer.ts';

export function frameSummary(frame: Uint8Array): string {
  return new FramePrinter({ absoluteSequence: true }).line(frame);
}
