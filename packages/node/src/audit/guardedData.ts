import type {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import { DATA_ACCESS_NEEDED } from '@downstage/common';
import { audited } from './audited';
import type { Caller } from '../caller/caller';

/** Whether a caller may read one data set. */
export type DataAnswer = {
  /** As it was asked for: `dataset:default/breast-masses`, or `default/breast-masses@3`. */
  ref: string;
} & (
  | {
      mayRead: true;
      /** The right. `open` says that the data set is not guarded: whatever came out of it is open too. */
      because: string;
      /** The id of the grant that gives the right. */
      grant?: string;
    }
  | {
      mayRead: false;
      /** Why not, and whom to ask. */
      message: string;
    }
);

/** Who may read the data behind a run, a version or a job: what came out of it may show the data. */
export interface DataAccess {
  /**
   * One answer for each data set, in the order asked for, however many there are. A data set that the caller cannot
   * see, or that is gone, may not be read. A text that is no ref of a data set may be left out.
   */
  ask(
    refs: string[],
    options: { credentials: BackstageCredentials },
  ): Promise<DataAnswer[]>;
}

/**
 * What every refusal of data is. Its code lets a page tell it from others; `dataset` names the data set, so that the
 * page can lead to the owner, who gives the right.
 *
 * @param ref - the data set as it was asked about; what is no ref of one is left out
 */
export function dataRefusal(
  message: string,
  ref: string,
): NotAllowedError & { code: string; dataset?: string } {
  const dataset = datasetOf(ref);
  return Object.assign(new NotAllowedError(message), {
    code: DATA_ACCESS_NEEDED,
    ...(dataset && { dataset }),
  });
}

/** `dataset:default/masses` of `default/masses@3`, `dataset:default/masses` or `masses@3`. */
function datasetOf(ref: string): string | undefined {
  const match = /^(?:dataset:)?(?:([^\s/:@]+)\/)?([^\s/:@]+)(?:@\d+)?$/i.exec(
    ref,
  );
  return match ? `dataset:${match[1] ?? 'default'}/${match[2]}` : undefined;
}

/**
 * Lets something that came out of data be read, or refuses it. The answers about all data sets behind it decide. Where
 * one of these data sets is guarded, the read is an audit event, and so is the refusal.
 *
 * @throws NotAllowedError with the code `ml-data.access-needed`, which names the data set and whom to ask
 *
 * @example
 * ```ts
 * const answers = await access.ask(refs, caller);
 * const what = `The log of job ${id}`;
 * await auditedContentRead(auditor, { caller, what, answers, meta: { job: id } });
 * ```
 */
export async function auditedContentRead(
  auditor: AuditorService,
  read: {
    caller: Caller;
    /** As in "the file plots/roc.png of run 4f2a". */
    what: string;
    /** What the refusal says of it and the data set: `may show` unless given. */
    shows?: string;
    answers: DataAnswer[];
    /** What else the audit trail is told: the job, the runs, the version. */
    meta: JsonObject;
  },
): Promise<void> {
  const { caller, what, shows = 'may show', meta } = read;
  const answers = new Map(read.answers.map(answer => [answer.ref, answer]));
  const guarded = [...answers.values()].filter(
    answer => !answer.mayRead || answer.because !== 'open',
  );
  if (!guarded.length) return;
  const refused = guarded.find(answer => !answer.mayRead);
  const event = {
    eventId: 'guarded-content-read',
    caller,
    meta: {
      what,
      ...meta,
      datasets: guarded.map(({ ref }) => ref),
      ...(!refused && {
        because: guarded
          .filter(answer => answer.mayRead)
          .map(({ because, grant }) => ({
            right: because,
            grant: grant ?? null,
          })),
      }),
    },
  };
  await audited(auditor, event, async () => {
    if (refused) {
      throw dataRefusal(
        `${what} ${shows} ${refused.ref}. ${refused.message}`,
        refused.ref,
      );
    }
  });
}
