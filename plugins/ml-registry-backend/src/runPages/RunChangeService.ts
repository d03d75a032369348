import type { AuditorService } from '@backstage/backend-plugin-api';
import { audited, type Call } from '@downstage/node';
import type { Run } from '@downstage/plugin-ml-registry-common';
import type { LifecycleStage } from '../tracking/stores/ExperimentStore';
import type { RunLogService } from '../tracking/RunLogService';
import type { RunQueryService } from './RunQueryService';
import type { RunService } from '../tracking/RunService';

const NOTE = 'mlflow.note.content';

/** What people change about runs on the portal's pages; rights are those of the tracking API. */
export class RunChangeService {
  readonly #auditor: AuditorService;
  readonly #runs: RunService;
  readonly #log: RunLogService;
  readonly #queries: RunQueryService;

  constructor(options: {
    auditor: AuditorService;
    runs: RunService;
    log: RunLogService;
    queries: RunQueryService;
  }) {
    this.#auditor = options.auditor;
    this.#runs = options.runs;
    this.#log = options.log;
    this.#queries = options.queries;
  }

  async update(
    change: { runId: string; name?: string; note?: string },
    { caller }: Call,
  ): Promise<Run> {
    const { runId, name, note } = change;
    await this.#runs.forWrite(runId, { caller });
    await audited(
      this.#auditor,
      { eventId: 'run-update', caller, meta: { runId, ...(name && { name }) } },
      async () => {
        if (name !== undefined)
          await this.#runs.update({ runId, name }, { caller });
        if (note !== undefined) {
          const tags = [{ key: NOTE, value: note }];
          await this.#log.log({ runId, tags }, { caller });
        }
      },
    );
    return this.#queries.get(runId, { caller });
  }

  /**
   * Deletes runs, or brings them back. Every run is checked before the first is changed, so a run that is not the
   * caller's changes nothing.
   */
  async setLifecycle(
    change: { runIds: string[]; stage: LifecycleStage },
    { caller }: Call,
  ): Promise<{ runIds: string[] }> {
    const { stage } = change;
    const runIds = [...new Set(change.runIds)];
    for (const runId of runIds) await this.#runs.forWrite(runId, { caller });
    await audited(
      this.#auditor,
      {
        eventId: stage === 'deleted' ? 'runs-delete' : 'runs-restore',
        caller,
        meta: { runIds },
      },
      async () => {
        for (const runId of runIds) {
          await this.#runs.setLifecycle({ runId, stage }, { caller });
        }
      },
    );
    return { runIds };
  }
}
