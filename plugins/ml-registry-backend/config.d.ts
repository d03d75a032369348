export interface Config {
  /** The model registry and its MLflow API. */
  mlRegistry?: {
    artifacts?: {
      /** Folder the artifacts are kept in; `artifacts` in `downstage.dataDir` unless given. */
      directory?: string;
      /**
       * Signs short-lived addresses of parts and downloads. Unless given, a key is made once and kept in the folder; several
       * portals that do not share the folder need the same one here.
       * @visibility secret
       */
      signingKey?: string;
    };
  };
}
