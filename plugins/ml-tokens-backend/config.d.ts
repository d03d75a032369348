export interface Config {
  /** Personal and service tokens. */
  mlTokens?: {
    /** How many days a token lives where none are asked for; 90 unless given. */
    defaultDays?: number;
    /** The longest life of a token in days; 365 unless given. */
    maxDays?: number;
  };
}
