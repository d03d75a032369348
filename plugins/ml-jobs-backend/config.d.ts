export interface Config {
  mlJobs?: {
    /** Id of the runtime jobs go to; the local one when it is on, else the first installed. */
    runtime?: string;
    /** Folders, besides <dataDir>/projects, in which local git repositories may be used as a source. */
    sourceRoots?: string[];
    /** Hosts from which https git repositories may be fetched; github.com, gitlab.com and bitbucket.org unless given. */
    sourceHosts?: string[];
    local?: {
      /** Run jobs as processes of this machine. On in development; in production only when this says so. */
      enabled?: boolean;
      /** How many jobs run at once; one less than the machine has cores unless given. */
      slots?: number;
      /** The Python that makes virtual environments; the first suitable one of the PATH unless given. */
      python?: string;
      /** Whether requirements are installed with uv where it can be had, which is many times faster; true unless given. Else pip. */
      uv?: boolean;
      /** Prebuilt environments by name: folders with bin/python. */
      environments?: { [name: string]: string };
      /**
       * What keeps a job from the portal and from other jobs. `auto`, the default, takes the strongest that works on this
       * machine. With a name the portal does not start where that one does not work. `none` isolates nothing.
       */
      isolation?:
        | 'auto'
        | 'bubblewrap'
        | 'user-namespaces'
        | 'system-user'
        | 'none';
      /** Folders, besides the system's, that every job may read, such as /opt/rocm. */
      readOnly?: string[];
      /** Package indexes that a project's requirements may name with --index-url or --extra-index-url; none unless given. */
      indexes?: string[];
      /** Seconds a process has to end by itself before it is killed; 10 unless given. */
      graceSeconds?: number;
    };
  };
}
