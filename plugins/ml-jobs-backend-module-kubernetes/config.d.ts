export interface Config {
  mlJobs?: {
    kubernetes?: {
      /** Clusters that run jobs. Each one is a job runtime, by its name. */
      clusters?: Array<{
        /** Its id as a job runtime, for mlJobs.runtime and the runtimes of a queue: `kubernetes`, `gpu-east`. */
        name: string;
        /** A kubeconfig file. Unless given, the portal runs in the cluster and uses its own service account. */
        kubeconfig?: string;
        /** The context of the kubeconfig; the current one unless given. */
        context?: string;
        /** Where its jobs run. It has to be there. */
        namespace: string;
        /** The image of jobs that name none. It needs python3 and /bin/sh, and pip for projects with requirements. */
        image: string;
        /** A LocalQueue of Kueue in the namespace. Kueue then decides when a job starts, else the queues of the portal do. */
        queue?: string;
        /** How many jobs run at once where there is no Kueue; 10 unless given. With Kueue it is a figure for pages. */
        slots?: number;
        /** What a job gets that does not say. */
        usual?: {
          /** In cores; 1 unless given. */
          cpu?: number;
          /** Such as 2Gi, which it is unless given. */
          memory?: string;
        };
        /** The resource that `resources.gpus` counts; nvidia.com/gpu unless given. */
        gpuResource?: string;
        /** The service account of the pods. They get no token of it. */
        serviceAccount?: string;
        /** The user that jobs run as, as a number; 1000 unless given. */
        runAsUser?: number;
        /** How long a finished Job stays, with its pod, in days; 7 unless given. */
        keepDays?: number;
        /** Seconds a process has to end by itself before it is killed; 30 unless given. */
        graceSeconds?: number;
      }>;
    };
  };
}
