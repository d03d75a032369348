"""What people and scorers say of traces, evaluation data sets, and `mlflow.genai.evaluate`, by the unmodified client."""

import mlflow
import pytest
from mlflow.entities import AssessmentSource, AssessmentSourceType
from mlflow.exceptions import MlflowException

HUMAN = AssessmentSource(source_type=AssessmentSourceType.HUMAN, source_id="ann")


@mlflow.trace(name="answer", span_type="LLM", attributes={"colour": "red"})
def answer(question):
    return f"the answer to {question}"


def traced(question):
    answer(question)
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    return trace_id


def search(experiment, filter):
    found = mlflow.search_traces(locations=[experiment], filter_string=filter, return_type="list")
    return {trace.info.trace_id for trace in found}


def test_feedback_and_expectations(experiment):
    trace_id = traced("life")
    other = traced("death")
    good = mlflow.log_feedback(trace_id=trace_id, name="quality", value=0.75, source=HUMAN, rationale="so so", metadata={"a": "b"})
    mlflow.log_feedback(trace_id=trace_id, name="polite", value=True, source=HUMAN)
    mlflow.log_feedback(trace_id=trace_id, name="broken", error=ValueError("no"), source=HUMAN)
    mlflow.log_expectation(trace_id=trace_id, name="wanted", value="42", source=HUMAN)
    mlflow.log_expectation(trace_id=trace_id, name="facts", value=["a", {"b": 1}], source=HUMAN)

    by_name = {one.name: one for one in mlflow.get_trace(trace_id).info.assessments}
    assert by_name["quality"].value == 0.75 and by_name["quality"].rationale == "so so"
    assert by_name["quality"].metadata["a"] == "b" and by_name["quality"].source.source_id == "ann"
    assert by_name["polite"].value is True
    assert by_name["broken"].error.error_message == "no"
    assert by_name["wanted"].value == "42" and by_name["facts"].value == ["a", {"b": 1}]

    assert search(experiment, "feedback.quality > 0.5") == {trace_id}
    assert search(experiment, "feedback.quality > 0.9") == set()
    assert search(experiment, "feedback.polite = 'true'") == {trace_id}
    assert search(experiment, "feedback.quality IS NULL") == {other}
    assert search(experiment, "expectation.wanted = '42'") == {trace_id}

    better = mlflow.override_feedback(trace_id=trace_id, assessment_id=good.assessment_id, value=1.0, source=HUMAN)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is False
    assert better.overrides == good.assessment_id
    mlflow.update_assessment(trace_id, by_name["wanted"].assessment_id, mlflow.entities.Expectation(name="wanted", value="43"))
    assert mlflow.get_assessment(trace_id, by_name["wanted"].assessment_id).value == "43"
    mlflow.delete_assessment(trace_id, better.assessment_id)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is True
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_assessment(trace_id, better.assessment_id)
    with pytest.raises(MlflowException, match="not found"):
        mlflow.log_feedback(trace_id="tr-none", name="x", value=1, source=HUMAN)


def test_searches_by_span_and_text(experiment):
    trace_id = traced("spans")
    traced("others")
    assert trace_id in search(experiment, "span.name = 'answer'")
    assert trace_id in search(experiment, "span.type = 'LLM'")
    assert search(experiment, "span.type = 'RETRIEVER'") == set()
    assert search(experiment, "span.status = 'ERROR'") == set()
    assert search(experiment, "trace.text LIKE '%answer to spans%'") == {trace_id}
    assert search(experiment, "span.content ILIKE '%ANSWER TO SPANS%'") == {trace_id}
    assert trace_id in search(experiment, "span.attributes.colour LIKE 'r%'")
    with pytest.raises(MlflowException, match="span attribute"):
        search(experiment, "span.moon = 'x'")


def test_links_traces_to_a_run(client, experiment):
    trace_id = traced("links")
    with mlflow.start_run() as run:
        pass
    client.link_traces_to_run([trace_id], run.info.run_id)
    client.link_traces_to_run([trace_id], run.info.run_id)
    found = mlflow.search_traces(locations=[experiment], run_id=run.info.run_id, return_type="list")
    assert [trace.info.trace_id for trace in found] == [trace_id]


def test_evaluation_data_sets(experiment, unique):
    made = mlflow.genai.create_dataset(name=f"set {unique}", experiment_id=[experiment], tags={"team": "red"})
    made.merge_records([
        {"inputs": {"q": "one", "n": 1.0}, "expectations": {"a": 12345678901234567890}},
        {"inputs": {"q": "two"}, "tags": {"t": "x"}},
    ])
    made.merge_records([{"inputs": {"q": "one", "n": 1.0}, "expectations": {"b": "ü"}}])
    again = mlflow.genai.get_dataset(dataset_id=made.dataset_id)
    frame = again.to_df()
    assert len(frame) == 2
    one = frame[frame["inputs"].map(lambda value: value["q"] == "one")].iloc[0]
    assert one["expectations"] == {"a": 12345678901234567890, "b": "ü"} and one["inputs"] == {"q": "one", "n": 1.0}
    found = mlflow.genai.search_datasets(experiment_ids=[experiment], filter_string="tags.team = 'red'")
    assert [dataset.name for dataset in found] == [f"set {unique}"]
    mlflow.genai.set_dataset_tags(dataset_id=made.dataset_id, tags={"team": "blue"})
    assert mlflow.genai.get_dataset(dataset_id=made.dataset_id).tags["team"] == "blue"
    mlflow.genai.delete_dataset(dataset_id=made.dataset_id)
    with pytest.raises(MlflowException, match="not found"):
        mlflow.genai.get_dataset(dataset_id=made.dataset_id)


def test_evaluate_of_genai(experiment):
    @mlflow.genai.scorer
    def short(outputs):
        return len(outputs) < 100

    @mlflow.genai.scorer
    def matches(outputs, expectations):
        return 1.0 if expectations["word"] in outputs else 0.0

    data = [
        {"inputs": {"question": "tea"}, "expectations": {"word": "tea"}},
        {"inputs": {"question": "milk"}, "expectations": {"word": "sugar"}},
    ]
    result = mlflow.genai.evaluate(data=data, predict_fn=answer, scorers=[short, matches])
    assert result.metrics["matches/mean"] == 0.5 and result.metrics["short/mean"] == 1.0
    traces = mlflow.search_traces(locations=[experiment], run_id=result.run_id, return_type="list")
    assert len(traces) == 2
    names = {one.name for trace in traces for one in trace.info.assessments}
    assert {"short", "matches", "word"} <= names
