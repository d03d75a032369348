"""Webhooks as the unmodified client makes them; what arrives is verified as MLflow's documentation says."""

import base64
import hashlib
import hmac
import json
import queue
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import mlflow
import pytest
from mlflow.entities.webhook import WebhookStatus
from mlflow.exceptions import MlflowException

SECRET = "a shared secret of the test"


@pytest.fixture
def receiver():
    calls = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            calls.put((dict(self.headers.items()), body.decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    server.calls = calls
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()


@pytest.fixture
def admin(monkeypatch, client):
    """Webhooks of all models take an administrator, or a service."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "mock-service-token")
    made = mlflow.MlflowClient()
    yield made
    for webhook in made.list_webhooks():
        made.delete_webhook(webhook.webhook_id)


def next_call(receiver):
    headers, body = receiver.calls.get(timeout=20)
    headers = {key.lower(): value for key, value in headers.items()}
    signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.{body}"
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    assert headers["x-mlflow-signature"] == f"v1,{expected}"
    return json.loads(body)


def test_webhooks_are_kept_without_their_secret(admin, receiver):
    made = admin.create_webhook("pager", receiver.url, ["registered_model.created", "model_version_tag.set"], description="d", secret=SECRET)
    assert made.status == WebhookStatus.ACTIVE and made.secret is None
    got = admin.get_webhook(made.webhook_id)
    assert (got.name, got.url, got.description, [str(e) for e in got.events]) == (
        "pager", receiver.url, "d", ["registered_model.created", "model_version_tag.set"],
    )
    assert [w.webhook_id for w in admin.list_webhooks()] == [made.webhook_id]
    changed = admin.update_webhook(made.webhook_id, status="DISABLED", events=["prompt.created"], description="e")
    assert (changed.status, str(changed.events[0]), changed.description) == (WebhookStatus.DISABLED, "prompt.created", "e")
    admin.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException) as error:
        admin.get_webhook(made.webhook_id)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    for wrong in (("-", receiver.url), ("a", "nonsense"), ("a", "http://example.org/"), ("a", "https://169.254.169.254/")):
        with pytest.raises(MlflowException) as error:
            admin.create_webhook(*wrong, ["prompt.created"])
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_webhooks_of_all_models_are_not_for_everybody(client, receiver):
    with pytest.raises(MlflowException) as error:
        client.create_webhook("mine", receiver.url, ["prompt.created"])
    assert error.value.error_code == "PERMISSION_DENIED"


def test_a_test_is_sent_at_once(admin, receiver):
    made = admin.create_webhook("pager", receiver.url, ["model_version.created"], secret=SECRET)
    result = admin.test_webhook(made.webhook_id, "model_version_alias.created")
    assert result.success and result.response_status == 200
    assert next_call(receiver)["entity"] == "model_version_alias"
    admin.update_webhook(made.webhook_id, url="http://127.0.0.1:9/")
    result = admin.test_webhook(made.webhook_id)
    assert not result.success and result.error_message


def test_every_event_of_mlflow_arrives_in_its_order(admin, receiver, unique):
    from mlflow.entities.webhook import VALID_ENTITY_ACTIONS, WebhookEntity
    from mlflow.webhooks.types import EVENT_TO_PAYLOAD_CLASS

    events = [f"{e}.{a}" for e, actions in VALID_ENTITY_ACTIONS.items() for a in actions if e != WebhookEntity.BUDGET_POLICY]
    admin.create_webhook("pager", receiver.url, events, secret=SECRET)
    name, prompt = f"model-{unique}", f"prompt-{unique}"
    admin.create_registered_model(name, tags={"a": "b"}, description="d")
    with mlflow.start_run() as run:
        mlflow.log_text("x", "model/MLmodel")
    version = admin.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id).version
    admin.set_model_version_tag(name, version, "k", "v")
    admin.delete_model_version_tag(name, version, "k")
    admin.set_registered_model_alias(name, "best", version)
    admin.delete_registered_model_alias(name, "best")
    mlflow.genai.register_prompt(prompt, "Hello {{name}}!")
    heard = []
    expected = [
        "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
        "model_version_alias.created", "model_version_alias.deleted", "prompt.created", "prompt_version.created",
    ]
    while [e for e, _ in heard if e in expected] != expected and len(heard) < 30:
        call = next_call(receiver)
        heard.append((f"{call['entity']}.{call['action']}", call["data"]))
    assert [e for e, _ in heard if e in expected] == expected
    shapes = {f"{e}.{a}": set(c.__annotations__) for (e, a), c in EVENT_TO_PAYLOAD_CLASS.items()}
    for event, data in heard:
        assert set(data) == shapes[event], event
    data = dict(heard)
    assert data["registered_model.created"] == {"name": name, "tags": {"a": "b"}, "description": "d"}
    assert data["model_version.created"]["run_id"] == run.info.run_id and data["model_version.created"]["version"] == "1"
    assert data["prompt_version.created"]["template"] == "Hello {{name}}!"
