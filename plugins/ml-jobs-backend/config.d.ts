export interface Config {
  mlJobs?: {
    /** Id of the runtime of jobs that name none; the local one when it is on, else the first installed. */
    runtime?: string;
    /** Folders, besides <dataDir>/projects, in which local git repositories may be used as a source. */
    sourceRoots?: string[];
    /** Hosts from which https git repositories may be fetched; github.com, gitlab.com and bitbucket.org unless given. */
    sourceHosts?: string[];
    /**
     * Queues by name. `default` is that of owners which no queue names; it has no limits unless it is given here.
     */
    queues?: {
      [name: string]: {
        /** Whose jobs it takes, as group:default/research; everybody's unless given. */
        groups?: string[];
        /** Ids of the runtimes of its jobs; they go to the first that is on. Any unless given. */
        runtimes?: string[];
        /** A queue with weight 2 gets twice the share of one with weight 1; 1 unless given. */
        weight?: number;
        /** What its jobs may hold at once; a resource that is left out has no limit. */
        quota?: {
          slots?: number;
          cpu?: number;
          /** Such as 64Gi. */
          memory?: string;
          gpus?: number;
        };
        /** Whether it may use more than its quota, of what other queues lend; false unless given. Such jobs may be stopped. */
        borrows?: boolean;
        /** The most that it borrows; a resource that is left out has no limit. */
        borrowLimit?: {
          slots?: number;
          cpu?: number;
          memory?: string;
          gpus?: number;
        };
        /** Whether others may use what it leaves unused of its quota; false unless given. */
        lends?: boolean;
        /** What each owner may use in a calendar month, in UTC. */
        monthly?: { cpuHours?: number; gpuHours?: number };
        /** Starts nothing while true. */
        held?: boolean;
        /** Takes no new jobs while false; those that wait still start. */
        accepts?: boolean;
      };
    };
    /** Priority classes by name, besides production (100), standard (50) and background (10, preemptible). */
    priorities?: {
      [name: string]: {
        /** The higher one starts first. */
        value: number;
        /** Its jobs may be stopped for those of a higher class in the same queue; false unless given. */
        preemptible?: boolean;
      };
    };
    /** A job that comes next and has waited so long keeps what is free for itself; 60 unless given. */
    reserveAfterMinutes?: number;
    /**
     * After so long without a sign of its machine or portal an attempt of a local runtime is given up; 10 unless given. It is
     * tried again where the job has retries left or a checkpoint.
     */
    lostAfterMinutes?: number;
    local?: {
      /** Run jobs as processes of this machine. On in development; in production only when this says so. */
      enabled?: boolean;
      /** How many jobs run at once; one less than the machine has cores unless given. */
      slots?: number;
      /** How many cores its jobs ask for together; those of the machine unless given. */
      cores?: number;
      /** How much memory its jobs ask for together, such as 32Gi; that of the machine unless given. */
      memory?: string;
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
        | 'systemd-run'
        | 'none';
      /** Folders, besides the system's, that every job may read, such as /opt/rocm. */
      readOnly?: string[];
      /** Package indexes that a project's requirements may name with --index-url or --extra-index-url; none unless given. */
      indexes?: string[];
      /** What is kept of the log of a job. */
      log?: {
        /** How much of its beginning, in MiB; 64 unless given. */
        headMiB?: number;
        /** How much of its end, in MiB; 64 unless given. */
        tailMiB?: number;
        /**
         * How fast it may be written once the head and the tail are full, in MiB; 8 unless given. What comes faster is left out.
         * A job is not held up.
         */
        perSecondMiB?: number;
      };
      /** Seconds a process has to end by itself before it is killed; 10 unless given. */
      graceSeconds?: number;
    };
  };
}
