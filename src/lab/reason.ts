/** Why something did not work, in words for a reader. Apart from the lab itself: the page needs it where that cannot be fetched. */

/** What browsers say of what they could not fetch; of a script they give the address. */
const UNREACHABLE =
  /dynamically imported module|module script failed|failed to fetch|networkerror when|^load failed$/i;

/** What of a caught value can be shown to a reader, without a full stop. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return UNREACHABLE.test(text)
    ? 'a part of it is not stored here and could not be fetched (is the network there?)'
    : text;
}
