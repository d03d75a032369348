export interface Config {
  mlData?: {
    /**
     * Folders that datasets may be read from, relative to the working directory or absolute.
     * A relative `location.uri` is looked for in each of them in turn. The data directory is always one.
     */
    roots?: string[];
    profile?: {
      /** Threads DuckDB may use for one registration; 2 unless given. */
      threads?: number;
      /** Memory DuckDB may use for one registration, as '1GB'. Larger data goes through a file. */
      memoryLimit?: string;
    };
  };
  downstage?: {
    /** Where everything is written that lives on this machine; `.downstage` unless given. */
    dataDir?: string;
  };
}
