import type { Call } from '@downstage/node';
import { isObject } from './exactJson';
import type { EvaluationRecord } from './EvaluationDatasetStore';
import type { ContentReads } from '../access/ContentReads';
import { TRACE_ID } from '../traces/TraceService';
import { WITHHELD_TAG } from '../tracking/withheldInputs';

/**
 * Records of an evaluation data set as the caller may see them. Records that were made from traces that show guarded
 * data keep only their times. A tag says why.
 */
export async function withheldRecords(
  records: EvaluationRecord[],
  content: ContentReads,
  call: Call,
): Promise<EvaluationRecord[]> {
  const hidden = await content.hiddenRecords(
    records.map(({ recordId, source, sourceRuns }) => ({
      recordId,
      traceIds: source === undefined ? [] : tracesOf(JSON.parse(source)),
      runIds: sourceRuns,
    })),
    call,
  );
  if (!hidden.size) return records;
  return records.map(record => {
    const why = hidden.get(record.recordId);
    if (why === undefined) return record;
    const { outputs, expectations, source, ...rest } = record;
    return {
      ...rest,
      inputs: '{}',
      tags: JSON.stringify({ [WITHHELD_TAG]: why }),
    };
  });
}

/** The trace that the source of a record names: `{"source_type":"TRACE","source_data":{"trace_id":"tr-1"}}`. */
export function tracesOf(source: unknown): string[] {
  const data = isObject(source) ? source.source_data : undefined;
  const id = isObject(data) ? data.trace_id : undefined;
  return typeof id === 'string' && TRACE_ID.test(id) ? [id] : [];
}
