/** What jq 1.6 has and this one has not: told so, and not as if there were no such thing. */

/** Of what `builtins` of jq 1.6 lists, and of its manual. */
const FUNCTIONS = new Set(
  `
    IN/1 IN/2 INDEX/1 INDEX/2 JOIN/2 JOIN/3 JOIN/4 acos/0 acosh/0 asin/0 asinh/0 atan/0 atan2/2 atanh/0
    bsearch/1 builtins/0 cbrt/0 combinations/0 combinations/1 copysign/2 cos/0 cosh/0 date/0 dateadd/2
    datesub/2 debug/0 drem/2 erf/0 erfc/0 exp/0 exp10/0 exp2/0 expm1/0 fdim/2 finites/0 fma/3 fmax/2 fmin/2
    fmod/2 format/1 frexp/0 fromdate/0 fromdateiso8601/0 fromstream/1 gamma/0 get_jq_origin/0
    get_prog_origin/0 get_search_list/0 gmtime/0 halt/0 halt_error/0 halt_error/1 hypot/2 input_filename/0
    input_line_number/0 isempty/1 isfinite/0 isinfinite/0 isnormal/0 j0/0 j1/0 jn/2 ldexp/2 lgamma/0
    lgamma_r/0 localtime/0 log/0 log10/0 log1p/0 logb/0 mktime/0 modf/0 modulemeta/0 nearbyint/0 nextafter/2
    nexttoward/2 normals/0 now/0 nth/2 pow10/0 recurse_down/0 remainder/2 rint/0 scalars_or_empty/0 scalb/2
    scalbln/2 significand/0 sin/0 sinh/0 stderr/0 strflocaltime/1 strftime/1 strptime/1 tan/0 tanh/0 tgamma/0
    todate/0 todateiso8601/0 tostream/0 trunc/0 truncate_stream/1 y0/0 y1/0 yn/2
  `
    .trim()
    .split(/\s+/),
);

const OPTIONS = new Set(['color-output', 'C', 'stream', 'stream-errors', 'seq', 'L', 'library-path']);

/** `f/1`, or `$x`. */
export const isForeignName = (name: string): boolean => FUNCTIONS.has(name) || name === '$__loc__';

export const isForeignFormat = (name: string): boolean => name === 'base32';

/** Without its dashes. */
export const isForeignOption = (name: string): boolean => OPTIONS.has(name);
