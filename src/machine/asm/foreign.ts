/** Instructions of other machines, or of a RISC-V larger than this one, and what to write here. */

const elsewhere: Readonly<Record<string, string>> = {
  mov: '`mv rd, rs` copies a register, `li rd, constant` loads a constant',
  move: '`mv rd, rs` copies a register',
  jmp: '`j label` jumps',
  b: '`j label` jumps',
  bra: '`j label` jumps',
  push: 'there is no push: `addi sp, sp, -16` and `sw ra, 12(sp)`',
  pop: 'there is no pop: `lw ra, 12(sp)` and `addi sp, sp, 16`',
  cmp: 'branches compare by themselves: `blt a0, a1, label`',
  inc: '`addi rd, rd, 1` adds one',
  dec: '`addi rd, rd, -1` subtracts one',
  subi: 'there is no subi: add the negative constant with addi',
  syscall: '`ecall` is the system call',
  int: '`ecall` is the system call',
  hlt: '`wfi` waits for an interrupt',
  halt: '`wfi` waits for an interrupt',
  iret: '`mret` and `sret` return from a trap',
  eret: '`mret` and `sret` return from a trap',
  uret: 'user-level traps were removed from RISC-V',
  ldr: '`lw rd, offset(rs)` loads a word',
  str: '`sw rs, offset(rd)` stores a word',
  lga: '`la rd, symbol` loads an address',
};

const wide = new Set(
  'ld sd lwu addiw slliw srliw sraiw addw subw sllw srlw sraw mulw divw divuw remw remuw negw sext.w zext.w lr.d sc.d hlv.wu hlv.d hsv.d c.ld c.sd c.addw c.subw c.addiw c.ldsp c.sdsp'.split(
    ' ',
  ),
);

/** A hint for a mnemonic that is not one here; undefined if it is known from nowhere. */
export function foreignHint(name: string): string | undefined {
  if (Object.hasOwn(elsewhere, name)) return elsewhere[name];
  if (wide.has(name))
    return 'this is an instruction of 64-bit RISC-V; here registers have 32 bits (lw, sw, add …)';
  if (/^amo\w+\.d/.test(name)) return 'this is an instruction of 64-bit RISC-V; `.w` is for 32 bits';
  if (/^f[a-z]+\.[sdq]\b|^(c\.)?f[ls][wd](sp)?$|^fmv\./.test(name))
    return 'this machine has no floating point';
  if (/^v[a-z]+\.(v|x|i|vv|vx|vi|m)/.test(name)) return 'this machine has no vector instructions';
  return undefined;
}
