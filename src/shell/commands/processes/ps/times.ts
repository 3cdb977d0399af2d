/** Times as ps(1) writes them. */
import { calendar, MONTHS, pad, WEEKDAYS } from '../../support.ts';

/** `00:06:44`, `1-02:03:04`, of seconds. */
export function clockTime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const time = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return `${days > 0 ? `${days}-` : ''}${time.map((part) => pad(part)).join(':')}`;
}

/** `6:44`, of seconds: minutes are all there is above. */
export const minutesTime = (seconds: number) => `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;

/** `05:03`, `01:02:03`, `2-01:02:03`, of seconds. */
export function elapsedTime(seconds: number): string {
  const text = clockTime(seconds);
  return text.startsWith('00:') ? text.slice(3) : text;
}

/** When something began, in seconds since 1970: the time of day, for another day its date, for another year that. */
export function startTime(began: number, now: number): string {
  const [then, today] = [calendar(began), calendar(now)];
  if (then.year !== today.year) return `${then.year}`;
  if (then.month !== today.month || then.day !== today.day)
    return `${MONTHS[then.month - 1]}${pad(then.day)}`;
  return `${pad(then.hour)}:${pad(then.minute)}`;
}

/** The time of day with seconds; the date for what began more than a day ago. */
export function dayTime(began: number, now: number): string {
  const { month, day, hour, minute, second } = calendar(began);
  if (now - began > 86_400) return `${MONTHS[month - 1]} ${pad(day)}`;
  return [hour, minute, second].map((part) => pad(part)).join(':');
}

/** `Thu Nov 26 16:16:12 2026`. */
export function fullTime(began: number): string {
  const { year, month, day, weekday, hour, minute, second } = calendar(began);
  const time = [hour, minute, second].map((part) => pad(part)).join(':');
  return `${WEEKDAYS[weekday]} ${MONTHS[month - 1]} ${String(day).padStart(2)} ${time} ${year}`;
}
