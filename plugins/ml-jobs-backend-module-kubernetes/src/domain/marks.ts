/** Labels and annotations by which the portal finds what is its own, and Kueue what it queues. */
export const managedBy = 'app.kubernetes.io/managed-by';
export const jobIdLabel = 'downstage.dev/job-id';
export const attemptLabel = 'downstage.dev/attempt';
export const jobIdAnnotation = 'downstage.dev/job-id';
export const ownerAnnotation = 'downstage.dev/owner';
/** Of a record: when its Job was created. Without it, submitting again is safe. */
export const submittedAnnotation = 'downstage.dev/submitted-at';
/** Of a record: how the attempt ended, where the Job cannot tell it. */
export const endAnnotation = 'downstage.dev/end';
/** Of a record, followed by the uid of a pod: where the log of this pod begins in the log of the attempt. */
export const logOfPodAnnotation = 'downstage.dev/log-of-';
export const queueLabel = 'kueue.x-k8s.io/queue-name';
/** Of a Workload: the Job that it belongs to. */
export const workloadOfLabel = 'kueue.x-k8s.io/job-uid';
/** Of a pod: the Job that it belongs to. */
export const podOfLabel = 'batch.kubernetes.io/job-name';

export const ours = 'downstage';
/** The container that fetches source and inputs, and the one that runs the entry point. */
export const prepareContainer = 'prepare';
export const jobContainer = 'job';
