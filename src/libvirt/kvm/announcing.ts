/** A VM that has come from another host shows itself there, so that bridges send its frames the new way. */
import { type EventQueue, MILLISECOND } from '../../base/index.ts';
import { announcement, parseMac } from '../../network/index.ts';
import type { TunFile } from './tun.ts';

/** QEMU's announce-initial, announce-step and announce-rounds. */
const FIRST_PAUSE = 50 * MILLISECOND;
const STEP = 100 * MILLISECOND;
const ROUNDS = 5;

export interface AnnouncedCard {
  readonly mac: string;
  readonly file: TunFile;
}

/** At once, then after pauses that grow; `gone` ends it. */
export function announce(cards: readonly AnnouncedCard[], events: EventQueue, gone: () => boolean): void {
  const round = (number: number): void => {
    if (gone()) return;
    for (const { mac, file } of cards) if (file.tap.up) file.tap.write(announcement(parseMac(mac)!));
    if (number < ROUNDS) events.after(FIRST_PAUSE + (number - 1) * STEP, () => round(number + 1));
  };
  round(1);
}
