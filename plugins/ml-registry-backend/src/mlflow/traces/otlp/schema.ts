import protobuf from 'protobufjs';

/**
 * The part of OpenTelemetry's protocol that traces need, as published in
 * opentelemetry-proto v1 (`collector/trace/v1`, `trace/v1`, `common/v1`,
 * `resource/v1`). Unknown fields are skipped by the reader.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    ExportTraceServiceRequest: {
      fields: {
        resource_spans: { rule: 'repeated', type: 'ResourceSpans', id: 1 },
      },
    },
    ResourceSpans: {
      fields: {
        resource: { type: 'Resource', id: 1 },
        scope_spans: { rule: 'repeated', type: 'ScopeSpans', id: 2 },
      },
    },
    Resource: {
      fields: { attributes: { rule: 'repeated', type: 'KeyValue', id: 1 } },
    },
    ScopeSpans: {
      fields: { spans: { rule: 'repeated', type: 'Span', id: 2 } },
    },
    Span: {
      fields: {
        trace_id: { type: 'bytes', id: 1 },
        span_id: { type: 'bytes', id: 2 },
        trace_state: { type: 'string', id: 3 },
        parent_span_id: { type: 'bytes', id: 4 },
        name: { type: 'string', id: 5 },
        kind: { type: 'int32', id: 6 },
        start_time_unix_nano: { type: 'fixed64', id: 7 },
        end_time_unix_nano: { type: 'fixed64', id: 8 },
        attributes: { rule: 'repeated', type: 'KeyValue', id: 9 },
        events: { rule: 'repeated', type: 'Event', id: 11 },
        links: { rule: 'repeated', type: 'Link', id: 13 },
        status: { type: 'Status', id: 15 },
      },
    },
    Event: {
      fields: {
        time_unix_nano: { type: 'fixed64', id: 1 },
        name: { type: 'string', id: 2 },
        attributes: { rule: 'repeated', type: 'KeyValue', id: 3 },
      },
    },
    Link: {
      fields: {
        trace_id: { type: 'bytes', id: 1 },
        span_id: { type: 'bytes', id: 2 },
        trace_state: { type: 'string', id: 3 },
        attributes: { rule: 'repeated', type: 'KeyValue', id: 4 },
      },
    },
    Status: {
      fields: {
        message: { type: 'string', id: 2 },
        code: { type: 'int32', id: 3 },
      },
    },
    KeyValue: {
      fields: {
        key: { type: 'string', id: 1 },
        value: { type: 'AnyValue', id: 2 },
      },
    },
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'string_value',
            'bool_value',
            'int_value',
            'double_value',
            'array_value',
            'kvlist_value',
            'bytes_value',
          ],
        },
      },
      fields: {
        string_value: { type: 'string', id: 1 },
        bool_value: { type: 'bool', id: 2 },
        int_value: { type: 'int64', id: 3 },
        double_value: { type: 'double', id: 4 },
        array_value: { type: 'ArrayValue', id: 5 },
        kvlist_value: { type: 'KeyValueList', id: 6 },
        bytes_value: { type: 'bytes', id: 7 },
      },
    },
    ArrayValue: {
      fields: { values: { rule: 'repeated', type: 'AnyValue', id: 1 } },
    },
    KeyValueList: {
      fields: { values: { rule: 'repeated', type: 'KeyValue', id: 1 } },
    },
  },
});

/** What an exporter posts. */
export const exportRequestType = root.lookupType('ExportTraceServiceRequest');
