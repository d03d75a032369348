export interface Config {
  /** The model registry and its MLflow API. */
  mlRegistry?: {
    artifacts?: {
      /** Folder the artifacts are kept in; `artifacts` in `downstage.dataDir` unless given. */
      directory?: string;
    };
  };
}
