/** Octets of CPIM and MIME headers before the content; the wrapper allowance of MSRP-29. */
export const CPIM_HEAD_OCTETS = 65_536
