"""Tracing with the unmodified client: spans travel as OpenTelemetry protobuf, the rest as JSON."""

import gzip
import os
import time

import mlflow
import pytest
import requests
from mlflow.entities import SpanStatus, SpanStatusCode
from mlflow.exceptions import MlflowException, RestException


@pytest.fixture(autouse=True)
def traced(client, experiment):
    yield
    mlflow.flush_trace_async_logging(terminate=False)


@mlflow.trace(span_type="CHAIN", attributes={"k": {"deep": [1, 2.5, True, None]}})
def answer(question):
    with mlflow.start_span("look up", span_type="RETRIEVER") as span:
        span.set_inputs({"question": question})
        span.set_outputs(["ä", "b"])
        span.set_attribute("big", 2**53 + 1)
    return question.upper()


def traced_answer(question="why?", **tags):
    answer(question)
    mlflow.flush_trace_async_logging()
    return mlflow.get_last_active_trace_id()


def test_the_server_is_one_that_takes_opentelemetry(tracking_uri):
    version = requests.get(f"{tracking_uri}/version", timeout=10).text
    assert tuple(int(part) for part in version.split(".")[:2]) >= (3, 4)


def test_a_trace_comes_back_with_its_spans(client, experiment):
    trace_id = traced_answer()
    trace = client.get_trace(trace_id)
    assert trace.info.experiment_id == experiment
    assert trace.info.state == "OK"
    assert trace.info.execution_duration is not None
    assert trace.info.request_preview == '{"question": "why?"}'
    assert trace.info.response_preview == '"WHY?"' or trace.info.response_preview == "WHY?"
    assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    root, child = trace.data.spans
    assert (root.name, child.name) == ("answer", "look up")
    assert child.parent_id == root.span_id
    assert root.inputs == {"question": "why?"} and root.outputs == "WHY?"
    assert root.attributes["k"] == {"deep": [1, 2.5, True, None]}
    assert child.outputs == ["ä", "b"] and child.attributes["big"] == 2**53 + 1
    assert child.end_time_ns >= child.start_time_ns > 10**18
    assert root.status.status_code == SpanStatusCode.OK


def test_an_error_is_kept(client):
    @mlflow.trace
    def fails():
        raise ValueError("not today")

    with pytest.raises(ValueError):
        fails()
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(mlflow.get_last_active_trace_id())
    assert trace.info.state == "ERROR"
    assert "not today" in trace.data.spans[0].status.description
    assert trace.data.spans[0].events[0].name == "exception"


def test_search_filters_orders_and_pages(client, experiment):
    ids = []
    for i in range(5):
        ids.append(traced_answer(f"question {i}"))
        client.set_trace_tag(ids[-1], "nr", str(i))
    find = lambda text=None, **more: [t.info.trace_id for t in client.search_traces(locations=[experiment], filter_string=text, **more)]
    assert find() == ids[::-1]
    assert find("tags.nr = '3'") == [ids[3]]
    assert find("tag.nr != '3' AND trace.status = 'OK'", order_by=["timestamp ASC"]) == ids[:3] + ids[4:]
    assert find("trace.name = 'answer' AND trace.timestamp_ms > 0") == ids[::-1]
    assert find("attributes.status = 'ERROR'") == []
    assert find("execution_time_ms < 0") == []
    assert len(find("metadata.`mlflow.source.name` IS NOT NULL")) == 5
    first = client.search_traces(locations=[experiment], max_results=2, order_by=["timestamp ASC"])
    second = client.search_traces(locations=[experiment], max_results=3, page_token=first.token, order_by=["timestamp ASC"])
    assert [t.info.trace_id for t in [*first, *second]] == ids and second.token is None
    assert len(first[0].data.spans) == 2
    frame = mlflow.search_traces(locations=[experiment])
    assert len(frame) == 5
    for wrong in ("nothing.x = 1", "nonsense", "trace.foo = 'x'"):
        with pytest.raises(MlflowException) as error:
            find(wrong)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_traces_of_a_run(client, experiment):
    with mlflow.start_run() as run:
        trace_id = traced_answer()
    other = traced_answer()
    found = client.search_traces(locations=[experiment], run_id=run.info.run_id)
    assert [t.info.trace_id for t in found] == [trace_id] != [other]


def test_tags(client):
    trace_id = traced_answer()
    client.set_trace_tag(trace_id, "team", "ä" * 100)
    client.set_trace_tag(trace_id, "team", "blue")
    assert client.get_trace(trace_id).info.tags["team"] == "blue"
    client.delete_trace_tag(trace_id, "team")
    assert "team" not in client.get_trace(trace_id).info.tags
    with pytest.raises(RestException) as error:
        client.delete_trace_tag(trace_id, "team")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_delete(client, experiment):
    ids = [traced_answer() for _ in range(3)]
    assert client.delete_traces(experiment, trace_ids=[ids[0], "tr-" + "0" * 32]) == 1
    with pytest.raises(MlflowException):
        client.get_trace(ids[0])
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000, max_traces=1) == 1
    assert [t.info.trace_id for t in client.search_traces(locations=[experiment])] == [ids[2]]
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000) == 1


def test_trace_by_hand(client, experiment):
    root = client.start_trace("by hand", inputs={"a": 1}, tags={"x": "y"}, experiment_id=experiment)
    span = client.start_span("step", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(root.trace_id, span.span_id, status=SpanStatus("ERROR", "no"))
    client.end_trace(root.trace_id, outputs={"b": 2})
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(root.trace_id)
    assert trace.info.tags["x"] == "y" and trace.info.tags["mlflow.traceName"] == "by hand"
    assert [span.name for span in trace.data.spans] == ["by hand", "step"]


def test_a_long_value_is_cut_and_not_lost(client):
    trace_id = traced_answer("x" * 5_000_000)
    root, child = client.get_trace(trace_id).data.spans
    assert root.name == "answer" and root.attributes["downstage.truncated"] is True
    assert 1000 < len(root.inputs["question"]) < 1_000_000


def otlp(trace="0af7651916cd43dd8448eb211c80319c", name="from elsewhere"):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = bytes.fromhex(trace), bytes.fromhex("b7ad6b7169203331")
    span.name, span.start_time_unix_nano, span.end_time_unix_nano = name, 1_700_000_000_000_000_000, 1_700_000_001_500_000_000
    return request.SerializeToString()


def test_spans_of_any_opentelemetry_exporter(client, experiment, tracking_uri, unique):
    trace = (unique * 4)[:32]
    headers = {
        "Authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}",
        "Content-Type": "application/x-protobuf",
        "x-mlflow-experiment-id": experiment,
    }
    post = lambda body, **more: requests.post(f"{tracking_uri}/v1/traces", data=body, headers={**headers, **more}, timeout=30)
    for _ in range(2):
        reply = post(gzip.compress(otlp(trace)), **{"Content-Encoding": "gzip"})
        assert (reply.status_code, reply.content) == (200, b""), reply.text
        assert reply.headers["content-type"].startswith("application/x-protobuf")
    got = client.get_trace(f"tr-{trace}")
    assert len(got.data.spans) == 1 and got.info.state == "OK" and got.info.execution_duration == 1500
    assert got.info.tags["mlflow.traceName"] == "from elsewhere"
    as_json = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"c7ad6b7169203331","parentSpanId":"b7ad6b7169203331","name":"json","startTimeUnixNano":"1700000000500000000","attributes":[{"key":"n","value":{"intValue":"7"}}]}]}]}]}' % trace
    assert post(as_json, **{"Content-Type": "application/json"}).status_code == 200
    assert [span.name for span in client.get_trace(f"tr-{trace}").data.spans] == ["from elsewhere", "json"]
    assert client.get_trace(f"tr-{trace}").data.spans[1].attributes["n"] == 7
    for wrong in (post(b"nonsense"), post(b""), post(otlp(), **{"Content-Type": "text/plain"}), post(b"x", **{"Content-Encoding": "gzip"})):
        assert wrong.status_code == 400 and wrong.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    bomb = gzip.compress(b"\0" * 200_000_000)
    assert post(bomb, **{"Content-Encoding": "gzip"}).status_code == 400
    assert post(otlp(), Authorization="Bearer nobody").status_code == 401
    assert post(otlp(), **{"x-mlflow-experiment-id": "999999"}).status_code == 404


def test_what_is_not_built_says_so_at_once(tracking_uri):
    answered = requests.get(
        f"{tracking_uri}/api/3.0/mlflow/scorers/list",
        params={"experiment_id": "0"},
        headers={"Authorization": "Bearer mock-user-token"},
        timeout=30,
    )
    assert answered.status_code == 501
