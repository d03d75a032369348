/** A value of an attribute, as protobuf's JSON writes OpenTelemetry's `AnyValue`. */
export type AnyValue = {
  string_value?: string;
  bool_value?: boolean;
  /** 64 bits, hence text. */
  int_value?: string;
  double_value?: number | string;
  array_value?: { values?: AnyValue[] };
  kvlist_value?: { values?: KeyValue[] };
  /** Base64. */
  bytes_value?: string;
};

export type KeyValue = { key?: string; value?: AnyValue };

/** A span as protobuf's JSON writes it: bytes in base64, 64-bit numbers as text. */
export type OtlpSpan = {
  trace_id: string;
  span_id: string;
  parent_span_id?: string;
  name?: string;
  kind?: number;
  start_time_unix_nano?: string;
  end_time_unix_nano?: string;
  attributes?: KeyValue[];
  events?: {
    name?: string;
    time_unix_nano?: string;
    attributes?: KeyValue[];
  }[];
  links?: { trace_id?: string; span_id?: string; attributes?: KeyValue[] }[];
  status?: { message?: string; code?: number };
};

/** What the spans of one export say about their trace. Times are milliseconds since the epoch. */
export type SpanSummary = {
  startedAt: number;
  endedAt?: number;
  /** The root's, when it came along. */
  root?: {
    name: string;
    state: 'OK' | 'ERROR' | 'STATE_UNSPECIFIED';
    request?: string;
    response?: string;
    session?: string;
    user?: string;
    tags: Record<string, string>;
  };
};

const PREVIEW = 1000;
const TAG_PREFIX = 'mlflow.traceTag.';
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** Sums the spans of one trace up, for traces nobody else describes. */
export function summarizeSpans(spans: OtlpSpan[]): SpanSummary {
  const starts = spans.map(span => milliseconds(span.start_time_unix_nano));
  const ends = spans
    .map(span => milliseconds(span.end_time_unix_nano))
    .filter(end => end > 0);
  const root = spans.find(span => !span.parent_span_id);
  return {
    startedAt: Math.min(...starts),
    endedAt: ends.length ? Math.max(...ends) : undefined,
    root: root && summarizeRoot(root),
  };
}

function summarizeRoot(span: OtlpSpan): NonNullable<SpanSummary['root']> {
  const attributes = new Map(
    (span.attributes ?? []).map(({ key = '', value }) => [
      key,
      // No database keeps a zero byte.
      textOf(value)?.replaceAll('\0', ''),
    ]),
  );
  const preview = (key: string) => attributes.get(key)?.slice(0, PREVIEW);
  return {
    name: (span.name ?? '').replaceAll('\0', ''),
    state: stateOf(span.status?.code),
    request: preview('mlflow.spanInputs'),
    response: preview('mlflow.spanOutputs'),
    session: preview('session.id') ?? preview('gen_ai.conversation.id'),
    user: preview('user.id'),
    tags: Object.fromEntries(
      [...attributes]
        .filter(([key]) => key.startsWith(TAG_PREFIX))
        .map(([key, value]) => [key.slice(TAG_PREFIX.length), value ?? '']),
    ),
  };
}

/** OpenTelemetry's status of a span that ended; unset means that nothing went wrong. */
function stateOf(code = 0) {
  if (code === STATUS_ERROR) return 'ERROR' as const;
  return code === STATUS_OK || code === 0
    ? ('OK' as const)
    : ('STATE_UNSPECIFIED' as const);
}

/** Text of an attribute: strings as they are, the rest as JSON. */
function textOf(value: AnyValue | undefined): string | undefined {
  const plain = plainOf(value);
  if (plain === undefined) return undefined;
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

function plainOf(value: AnyValue | undefined): unknown {
  if (!value) return undefined;
  if (value.array_value) return (value.array_value.values ?? []).map(plainOf);
  if (value.kvlist_value) {
    return Object.fromEntries(
      (value.kvlist_value.values ?? []).map(entry => [
        entry.key ?? '',
        plainOf(entry.value) ?? null,
      ]),
    );
  }
  if (value.int_value !== undefined) return Number(value.int_value);
  return (
    value.string_value ??
    value.bool_value ??
    value.double_value ??
    value.bytes_value
  );
}

function milliseconds(nanoseconds: string | undefined): number {
  return Number(BigInt(nanoseconds || '0') / 1_000_000n);
}

const ATTRIBUTES = 200;
const SEARCHED = 8000;
const STATUSES = ['UNSET', 'OK', 'ERROR'];

/** What searches ask of a span. MLflow writes attributes as JSON; a text is meant without its quotes. */
export function searchableOf(span: OtlpSpan) {
  const attributes: Record<string, string> = {};
  for (const { key, value } of (span.attributes ?? []).slice(0, ATTRIBUTES)) {
    const text = textOf(value);
    if (!key || text === undefined) continue;
    attributes[clean(key).slice(0, 250)] = clean(unquoted(text)).slice(
      0,
      SEARCHED,
    );
  }
  return {
    name: clean(span.name ?? '').slice(0, SEARCHED),
    type: attributes['mlflow.spanType']?.slice(0, 100),
    status: STATUSES[span.status?.code ?? 0] ?? 'UNSET',
    attributes,
  };
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}

/** No database keeps a zero byte. */
function clean(text: string): string {
  return text.replaceAll('\0', '');
}
