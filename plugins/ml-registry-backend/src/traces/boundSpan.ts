import type { AnyValue, KeyValue, OtlpSpan } from './spans';

/** A span as it is kept: at most this many characters of JSON. */
export const SPAN_LIMIT = 4 * 1024 * 1024;

/** Longest strings that stay whole, tried in this order until the span fits. */
const CUTS = [512 * 1024, 32 * 1024, 2 * 1024, 128];

/** Tells readers that values of this span were cut. */
export const CUT_MARK = 'downstage.truncated';
const MARK: KeyValue = { key: CUT_MARK, value: { bool_value: true } };

/**
 * The JSON of a span, within {@link SPAN_LIMIT}. Losing the end of a long prompt
 * is better than losing the trace: long strings are cut, marked with the
 * attribute `downstage.truncated`; a span that still does not fit keeps its name,
 * times and status only.
 */
export function boundSpan(span: OtlpSpan): string {
  const whole = JSON.stringify(span);
  if (whole.length <= SPAN_LIMIT) return whole;
  for (const limit of CUTS) {
    const cut = JSON.stringify(cutSpan(span, limit));
    if (cut.length <= SPAN_LIMIT) return cut;
  }
  return JSON.stringify({
    ...span,
    name: (span.name ?? '').slice(0, 1000),
    attributes: [MARK],
    events: [],
    links: [],
    status: { ...span.status, message: undefined },
  });
}

function cutSpan(span: OtlpSpan, limit: number): OtlpSpan {
  return {
    ...span,
    attributes: [...cutAll(span.attributes, limit), MARK],
    events: span.events?.map(event => ({
      ...event,
      attributes: cutAll(event.attributes, limit),
    })),
    status: span.status && {
      ...span.status,
      message: span.status.message?.slice(0, limit),
    },
  };
}

function cutAll(pairs: KeyValue[] = [], limit: number): KeyValue[] {
  return pairs.map(({ key, value }) => ({
    key,
    value: value && cutValue(value, limit),
  }));
}

function cutValue(value: AnyValue, limit: number): AnyValue {
  if (value.string_value !== undefined) {
    return { string_value: value.string_value.slice(0, limit) };
  }
  if (value.bytes_value !== undefined) {
    // Whole groups of four, so that it stays base64.
    return { bytes_value: value.bytes_value.slice(0, limit - (limit % 4)) };
  }
  if (value.array_value) {
    return {
      array_value: {
        values: value.array_value.values?.map(item => cutValue(item, limit)),
      },
    };
  }
  if (value.kvlist_value) {
    return {
      kvlist_value: { values: cutAll(value.kvlist_value.values, limit) },
    };
  }
  return value;
}
