import { InputError } from '@backstage/errors';
import type {
  AssessmentPatch,
  AssessmentService,
} from '../../traces/AssessmentService';
import type { Assessment } from '../../traces/AssessmentStore';
import { missing, type Message } from '../protocol/Message';
import type { MlflowRoute } from '../protocol/routes';

const SOURCE_TYPES = [
  'SOURCE_TYPE_UNSPECIFIED',
  'HUMAN',
  'LLM_JUDGE',
  'CODE',
  'AI_JUDGE',
] as const;

/** `/api/3.0/mlflow/traces/…/assessments`, and `/api/2.0/mlflow/traces/link-to-run` */
export function assessmentRoutes(service: AssessmentService): MlflowRoute[] {
  const one = 'traces/:trace_id/assessments/:assessment_id';
  return [
    {
      method: 'post',
      path: 'traces/link-to-run',
      handle: async (message, caller) => {
        await service.linkRun(
          {
            runId: message.required('run_id'),
            traceIds: message.strings('trace_ids'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      version: '3.0',
      path: 'traces/:trace_id/assessments',
      handle: async (message, caller) => {
        const asked = message.message('assessment');
        if (!asked) throw missing('assessment');
        const value = readValue(asked);
        if (!value) {
          throw new InputError(
            'An assessment needs a `feedback` or an `expectation`',
          );
        }
        const source = asked.message('source');
        const made = await service.create(
          {
            traceId: message.required('trace_id'),
            name: asked.string('assessment_name') ?? '',
            source: {
              type:
                source?.choice('source_type', SOURCE_TYPES, 0) ??
                SOURCE_TYPES[0],
              id: source?.string('source_id'),
            },
            rationale: asked.string('rationale'),
            metadata: asked.stringMap('metadata') ?? {},
            spanId: asked.string('span_id') || undefined,
            overrides: asked.string('overrides') || undefined,
            ...value,
          },
          { caller },
        );
        return { assessment: renderAssessment(made) };
      },
    },
    {
      method: 'get',
      version: '3.0',
      path: one,
      handle: async (message, caller) => ({
        assessment: renderAssessment(
          await service.get(readKey(message), { caller }),
        ),
      }),
    },
    {
      method: 'patch',
      version: '3.0',
      path: one,
      handle: async (message, caller) => {
        const asked = message.message('assessment');
        if (!asked) throw missing('assessment');
        const changed = await service.update(
          {
            ...readKey(message),
            ...readPatch(asked, message.required('update_mask')),
          },
          { caller },
        );
        return { assessment: renderAssessment(changed) };
      },
    },
    {
      method: 'delete',
      version: '3.0',
      path: one,
      handle: async (message, caller) => {
        await service.delete(readKey(message), { caller });
        return {};
      },
    },
  ];
}

function readKey(message: Message) {
  return {
    traceId: message.required('trace_id'),
    assessmentId: message.required('assessment_id'),
  };
}

function readValue(asked: Message) {
  const feedback = asked.message('feedback');
  if (feedback) {
    const error = feedback.message('error');
    return {
      kind: 'feedback' as const,
      value: feedback.json('value') ?? 'null',
      serialized: false,
      error: error && feedback.json('error'),
    };
  }
  const expectation = asked.message('expectation');
  if (!expectation) return undefined;
  const serialized = expectation.message('serialized_value')?.required('value');
  if (serialized !== undefined && !isJson(serialized)) {
    throw new InputError(
      `The serialized value of an expectation is JSON, found '${serialized.slice(
        0,
        80,
      )}'`,
    );
  }
  return {
    kind: 'expectation' as const,
    value: serialized ?? expectation.json('value') ?? 'null',
    serialized: serialized !== undefined,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Protobuf's field masks are comma-separated names, in either spelling. */
function readPatch(asked: Message, mask: string): AssessmentPatch {
  const names = mask
    .split(',')
    .map(name => name.trim().replace(/[A-Z]/g, big => `_${big.toLowerCase()}`));
  const patch: AssessmentPatch = {};
  for (const name of names) {
    switch (name) {
      case 'assessment_name':
        patch.name = asked.string('assessment_name') ?? '';
        break;
      case 'rationale':
        patch.rationale = asked.string('rationale');
        break;
      case 'metadata':
        patch.metadata = asked.stringMap('metadata') ?? {};
        break;
      case 'feedback':
      case 'expectation': {
        const value = readValue(asked);
        if (value?.kind !== name) throw missing(name);
        Object.assign(patch, value);
        break;
      }
      default:
        throw new InputError(
          `The field mask '${mask}' names '${name}'; fields that change are assessment_name, feedback, expectation, rationale and metadata`,
        );
    }
  }
  return patch;
}

export function renderAssessment(assessment: Assessment) {
  const { kind, metadata } = assessment;
  return {
    assessment_id: assessment.assessmentId,
    assessment_name: assessment.name,
    trace_id: assessment.traceId,
    span_id: assessment.spanId,
    source: {
      source_type: assessment.source.type,
      source_id: assessment.source.id,
    },
    create_time: new Date(assessment.createdTime).toISOString(),
    last_update_time: new Date(assessment.lastUpdatedTime).toISOString(),
    [kind]: renderValue(assessment),
    rationale: assessment.rationale,
    metadata: Object.keys(metadata).length ? metadata : undefined,
    overrides: assessment.overrides,
    valid: assessment.valid,
  };
}

function renderValue({ value, serialized, error }: Assessment) {
  if (serialized) {
    return {
      serialized_value: { serialization_format: 'JSON_FORMAT', value },
    };
  }
  const parsed: unknown = JSON.parse(value);
  const failure: unknown = error && JSON.parse(error);
  return { value: parsed, ...(error && { error: failure }) };
}
