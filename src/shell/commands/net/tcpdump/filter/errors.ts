/** How tcpdump(8) refuses a filter expression. */
import { Refused } from '../../words.ts';

export const badFilter = (message: string) => new Refused(`tcpdump: ${message}`, 1);

export const syntaxError = () => badFilter("can't parse filter expression: syntax error");

/** Refuses what libpcap has and this has not. */
export const notSimulated = (what: string) => badFilter(`${what} in filter expressions is not simulated`);
