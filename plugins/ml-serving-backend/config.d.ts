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
      /** Names by which clients reach the gateway, besides localhost, addresses and that of `publicUrl`. */
      hosts?: string[];
      cors?: {
        /** Origins of web pages that may ask, such as https://app.example.com; none unless given. */
        origins?: string[];
      };
      /** Endpoints that may answer without a token when their owner asks for it: names, refs, or `*` for all. */
      public?: string[];
      /** Seconds for which callers that the portal let in may go on while it does not answer; 3600 unless given. */
      graceSeconds?: number;
      /** What is left out of a given limit, or 0, is not limited. */
      limits?: {
        /** Of one person or one access token; 500 a second, 2000 at once, 64 under way unless given. */
        caller?: { perSecond?: number; burst?: number; concurrent?: number };
        /** Of one endpoint; 256 under way unless given. */
        endpoint?: { perSecond?: number; burst?: number; concurrent?: number };
      };
    };
    /** Seconds between two looks at the registry when no event comes; 15 unless given. */
    pollSeconds?: number;
  };
}
