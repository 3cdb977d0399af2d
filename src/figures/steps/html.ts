/** Text and numbers as figures show them. */

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text → HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

/** `0x…` with at least `digits` digits. */
export const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** A whole number with its thousands told apart: 12,345. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
