export interface Config {
  mlServing?: {
    gateway?: {
      /** Where the gateway listens; 127.0.0.1 unless given. */
      host?: string;
      /** Port of the gateway; 7008 unless given, 0 for any free one. */
      port?: number;
      /** Address that clients use, when it is not `http://<host>:<port>`. */
      publicUrl?: string;
      /** Seconds between two rolls of the prediction log to Parquet; 60 unless given. */
      rollSeconds?: number;
    };
    /** Seconds between two looks at the registry when no event comes; 15 unless given. */
    pollSeconds?: number;
  };
}
