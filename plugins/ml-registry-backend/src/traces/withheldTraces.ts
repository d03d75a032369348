import type { Call } from '@downstage/node';
import type { Trace } from './TraceStore';
import type { ContentReads } from '../access/ContentReads';
import { WITHHELD_TAG } from '../tracking/withheldInputs';

/** Who made it and where it belongs. Everything else may be what was asked or answered. */
const shownMetadata = ['mlflow.sourceRun', 'mlflow.user'];
const shownTags = ['mlflow.traceName'];

/**
 * Traces as the caller may see them: of those that show guarded data, previews, assessments, metadata and tags are left
 * out, and a tag says why.
 */
export async function withheldTraces(
  traces: Trace[],
  content: ContentReads,
  call: Call,
): Promise<{ traces: Trace[]; hidden: Map<string, string> }> {
  const hidden = await content.hiddenTraces(
    traces.map(({ traceId }) => traceId),
    call,
  );
  if (!hidden.size) return { traces, hidden };
  return {
    hidden,
    traces: traces.map(trace => {
      const why = hidden.get(trace.traceId);
      if (why === undefined) return trace;
      const { requestPreview, responsePreview, ...rest } = trace;
      return {
        ...rest,
        assessments: [],
        metadata: only(shownMetadata, trace.metadata),
        tags: { ...only(shownTags, trace.tags), [WITHHELD_TAG]: why },
      };
    }),
  };
}

function only(keys: string[], pairs: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(pairs).filter(([key]) => keys.includes(key)),
  );
}
