/** How often something costly was done since the process began. */
export interface CryptoCounters {
  /** Signatures that Web Crypto was asked about. */
  signaturesChecked: number;
  keysImported: number;
  certificatesRead: number;
}

/** For benchmarks and metrics, which read them: what comes from a cache does not count. */
export const cryptoCounters: CryptoCounters = {
  signaturesChecked: 0,
  keysImported: 0,
  certificatesRead: 0,
};
