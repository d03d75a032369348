import type { TrackingDeps } from '../tracking/trackingDeps';
import { EvaluationDatasetService } from './EvaluationDatasetService';
import { EvaluationDatasetStore } from './EvaluationDatasetStore';

/** Evaluation data sets, put together. */
export function createEvaluations(deps: TrackingDeps) {
  return {
    evaluationDatasets: new EvaluationDatasetService({
      ...deps,
      datasets: new EvaluationDatasetStore(deps.knex),
    }),
  };
}
