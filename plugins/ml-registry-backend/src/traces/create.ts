import type { TrackingDeps } from '../tracking/trackingDeps';
import { AssessmentService } from './AssessmentService';
import { AssessmentStore } from './AssessmentStore';
import { TraceService } from './TraceService';
import { TraceStore } from './TraceStore';

/** Traces and what people say of them, put together. */
export function createTraces(deps: TrackingDeps) {
  const assessments = new AssessmentStore(deps.knex);
  const traces = new TraceStore(deps.knex, assessments);
  return {
    traces: new TraceService({ ...deps, traces }),
    assessments: new AssessmentService({ ...deps, traces, assessments }),
  };
}
