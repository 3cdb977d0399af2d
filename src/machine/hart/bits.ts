/** Names of modes, bits and causes, as the Privileged Architecture (20240411) spells them. Sections are given for each group. */

/** Nominal privilege (1.2): in V=1, S is VS-mode and U is VU-mode. */
export const U = 0;
export const S = 1;
export const M = 3;
export type Privilege = typeof U | typeof S | typeof M;

/** mstatus (3.1.6). */
export const MSTATUS_SIE = 1 << 1;
export const MSTATUS_MIE = 1 << 3;
export const MSTATUS_SPIE = 1 << 5;
export const MSTATUS_MPIE = 1 << 7;
export const MSTATUS_SPP = 1 << 8;
export const MSTATUS_MPP = 3 << 11;
export const MPP_SHIFT = 11;
export const MSTATUS_MPRV = 1 << 17;
export const MSTATUS_SUM = 1 << 18;
export const MSTATUS_MXR = 1 << 19;
export const MSTATUS_TVM = 1 << 20;
export const MSTATUS_TW = 1 << 21;
export const MSTATUS_TSR = 1 << 22;
/** mstatush (3.1.6, 18.4.1). */
export const MSTATUSH_GVA = 1 << 6;
export const MSTATUSH_MPV = 1 << 7;

/** hstatus (18.2.1). */
export const HSTATUS_GVA = 1 << 6;
export const HSTATUS_SPV = 1 << 7;
export const HSTATUS_SPVP = 1 << 8;
export const HSTATUS_HU = 1 << 9;
/** Five of its six bits: there are 31 guest external interrupts (GEILEN). */
export const HSTATUS_VGEIN = 0x1f << 12;
export const VGEIN_SHIFT = 12;
export const HSTATUS_VTVM = 1 << 20;
export const HSTATUS_VTW = 1 << 21;
export const HSTATUS_VTSR = 1 << 22;

/** Interrupt numbers, which are also bits of mip and mie (3.1.9, 18.4.3). */
export const SSI = 1;
export const VSSI = 2;
export const MSI = 3;
export const STI = 5;
export const VSTI = 6;
export const MTI = 7;
export const SEI = 9;
export const VSEI = 10;
export const MEI = 11;
export const SGEI = 12;
/** Those of S, VS and M level as masks. */
export const S_INTERRUPTS = (1 << SSI) | (1 << STI) | (1 << SEI);
export const VS_INTERRUPTS = (1 << VSSI) | (1 << VSTI) | (1 << VSEI);
export const HS_INTERRUPTS = VS_INTERRUPTS | (1 << SGEI);
export const M_INTERRUPTS = (1 << MSI) | (1 << MTI) | (1 << MEI);

/** Exception codes (3.1.15, 18.6.1). */
export const CAUSE = {
  fetchMisaligned: 0,
  fetchAccess: 1,
  illegalInstruction: 2,
  breakpoint: 3,
  loadMisaligned: 4,
  loadAccess: 5,
  storeMisaligned: 6,
  storeAccess: 7,
  ecallU: 8,
  ecallS: 9,
  ecallVS: 10,
  ecallM: 11,
  fetchPage: 12,
  loadPage: 13,
  storePage: 15,
  fetchGuestPage: 20,
  loadGuestPage: 21,
  virtualInstruction: 22,
  storeGuestPage: 23,
} as const;

/** Page-table entries (10.3.1). */
export const PTE_V = 1;
export const PTE_R = 2;
export const PTE_W = 4;
export const PTE_X = 8;
export const PTE_U = 16;
export const PTE_A = 64;
export const PTE_D = 128;

/** menvcfgh and henvcfgh: hardware updates of A and D (Svadu). */
export const ENVCFGH_ADUE = 1 << 29;
/** FIOM, the only bit of the low halves here. */
export const ENVCFG_FIOM = 1;

/** misa: RV32 with A, C, H, I, M, S, U. */
export const MISA =
  0x4000_0000 | (1 << 0) | (1 << 2) | (1 << 7) | (1 << 8) | (1 << 12) | (1 << 18) | (1 << 20);
