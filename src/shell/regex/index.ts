/** POSIX regular expressions: one public face. */
export { chargeSteps } from './charging.ts';
export { compileRegex, Regex, type RegexMatch } from './regex.ts';
export { RegexExhausted, RegexProblem } from './syntax.ts';
