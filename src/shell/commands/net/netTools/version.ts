/** What all programs of the package say of themselves. */
export const VERSION = 'net-tools 2.10';
