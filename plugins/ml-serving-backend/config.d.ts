export interface Config {
  mlServing?: {
    /** Id of the engine that serves endpoints which name none; `gateway`, the one on this machine, unless given. */
    engine?: string;
    /** Ids of the engines that new endpoints may name, beside `engine`; all that are installed unless given. */
    engines?: string[];
    gateway?: {
      /** Whether this portal runs a gateway; true unless given. Without one no endpoint of it answers. */
      enabled?: boolean;
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
      /** Seconds in which a version has to load and warm up; 120 unless given. */
      loadTimeoutSeconds?: number;
      /** Seconds one run of a model may take before its process is ended; 30 unless given. */
      inferenceTimeoutSeconds?: number;
      /** Resident memory that the process of one version may take; half of the machine's unless given, 0 for no limit. */
      modelMemoryMebibytes?: number;
      /** How much nicer than the gateway a model is while it computes much, 0 to 19; 10 unless given, 0 leaves all alike. */
      heavyNiceness?: number;
      /** Largest body of a request; 16 unless given. */
      maxBodyMebibytes?: number;
    };
    predictionLog?: {
      /** Which part of the requests is logged, from 0 (none) to 1 (all, the default). */
      sampling?: number;
      /** The same for single endpoints, by the name in their address; 0 is an opt-out. */
      samplingByEndpoint?: { [endpoint: string]: number };
      /** Days for which rows are kept; for ever unless given. */
      retentionDays?: number;
    };
    /** Seconds between two looks at the registry when no event comes; 15 unless given. */
    pollSeconds?: number;
  };
}
