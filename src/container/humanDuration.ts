/** Durations in words: go-units' HumanDuration. */

/** `4 minutes`; `total` in seconds. */
export function humanDuration(total: number): string {
  if (total < 1) return 'Less than a second';
  if (total === 1) return '1 second';
  if (total < 60) return `${total} seconds`;
  const minutes = Math.floor(total / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(total / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(hours / 24);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.floor(days / 7)} weeks`;
  if (days < 730) return `${Math.floor(days / 30)} months`;
  return `${Math.floor(total / 86_400 / 365)} years`;
}
