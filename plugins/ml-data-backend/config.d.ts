export interface Config {
  mlData?: {
    /**
     * Folders that datasets may be read from, relative to the working directory or absolute; none unless given.
     * A relative `location.uri` is looked for in each of them in turn. With `groups`, only their members may register
     * from it. Files that the portal itself keeps are never read, even below one of them.
     */
    roots?: Array<string | { path: string; groups?: string[] }>;
    profile?: {
      /** Versions that are read at once, each in a process of its own; 2 unless given. */
      concurrency?: number;
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
