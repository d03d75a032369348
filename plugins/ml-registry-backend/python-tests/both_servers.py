"""The same request to MLflow's own server and to ours, and what differs in the answers.

Ids, times and names made up for the test are replaced by what they stand for, so that two answers that mean the same
are equal. Messages are for people and are not compared; their error code and status are.
"""

import json
import re
import uuid

import requests

HEX = re.compile(r"[0-9a-f]{32}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMES = re.compile(r"(time|timestamp|_at$|created|updated)")
#: Entries whose order no client can see: it makes dictionaries of them.
DICTIONARIES = ("tags", "params", "metrics", "aliases", "dimensions")
#: Text that is JSON, whose spaces no client sees.
JSON_TEXTS = ("records", "schema", "profile", "tags")
HEADERS = ("content-type", "content-disposition", "x-content-type-options")


class Server:
    """One of the two, with what was learned of its ids."""

    def __init__(self, name, base, token=None, admin_token=None):
        self.name = name
        self.base = base.rstrip("/")
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"
        self.admin_token = admin_token
        self.saved = {}

    def send(self, case):
        path = self.fill(case["path"])
        options = {"allow_redirects": False, "timeout": 60, "headers": dict(case.get("headers") or {})}
        if case.get("admin") and self.admin_token:
            options["headers"]["Authorization"] = f"Bearer {self.admin_token}"
        if "json" in case:
            options["data"] = json.dumps(self.fill(case["json"]), ensure_ascii=False).encode()
            options["headers"].setdefault("Content-Type", "application/json")
        if "data" in case:
            data = self.fill(case["data"])
            options["data"] = data.encode() if isinstance(data, str) else data
        if "params" in case:
            options["params"] = self.fill(case["params"])
        url = self.base + path if path.startswith("/") else f"{self.base}/api/2.0/mlflow/{path}"
        answer = self.session.request(case["method"], url, **options)
        body = read(answer)
        for label, where in (case.get("save") or {}).items():
            self.saved[label] = find(body, where)
        return self.seen(case, answer, body)

    def fill(self, value):
        """Puts in what this server answered before: `{run}`."""
        if isinstance(value, str):
            whole = re.fullmatch(r"\{(\w+)\}", value)
            if whole and whole[1] in self.saved:
                return self.saved[whole[1]]
            return re.sub(r"\{(\w+)\}", lambda m: str(self.saved.get(m[1], m[0])), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def seen(self, case, answer, body):
        if answer.status_code >= 400 and isinstance(body, dict) and "error_code" in body:
            found = {"status": f"{answer.status_code} {body['error_code']}"}
            if case.get("message"):
                found["message"] = self.normal(body.get("message"), "message")
            return found
        if answer.status_code >= 400:
            return {"status": str(answer.status_code)}
        if case.get("unordered"):
            body = sort_lists(body, case["unordered"])
        found = {"status": str(answer.status_code), "body": self.normal(body, "")}
        if case.get("show_headers"):
            found["headers"] = {name: self.normal(answer.headers.get(name), "") for name in HEADERS}
        return found

    def normal(self, value, key):
        if isinstance(value, dict):
            return {name: self.normal(item, name) for name, item in value.items()}
        if isinstance(value, list):
            items = [self.normal(item, key) for item in value]
            if key in DICTIONARIES and all(isinstance(item, dict) for item in items):
                return {item.pop("key", item.get("alias")): item for item in items}
            # The real server orders records of one moment by their random ids.
            by_text = key == "aliases" or any(isinstance(item, dict) and "dataset_record_id" in item for item in items)
            return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if by_text else items
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, float)) and TIMES.search(key) and value > 1e11:
            return "<time>"
        # 1.0 and 1 are one number, and databases write it in both ways.
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, str):
            return value
        if key == "next_page_token":
            return "<token>"
        if key in JSON_TEXTS:
            value = as_json(value)
            if not isinstance(value, str):
                return self.normal(value, "")
        if key == "digest" and re.fullmatch(r"[0-9a-f]{8}", value):
            return "<digest>"
        if key in ("experiment_id", "experiment_ids"):
            return "<experiment>" if value != "0" else value
        text = re.sub(r"\b[a-z]+-[a-z]+-\d{1,3}\b", "<random name>", value.replace(self.base, "<server>"))
        text = text.replace(self.saved.get("u", "\0"), "<u>")
        text = re.sub(r"(mlflow-artifacts:/+)\d+", r"\1<experiment>", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "<time>", text)
        text = UUID.sub("<id>", text)
        return HEX.sub(lambda found: self.label(found[0]), text)

    def label(self, found):
        """An id by the name under which it was saved."""
        for name, value in self.saved.items():
            if name != "u" and isinstance(value, str) and found in value:
                return f"<{name}>"
        return "<id>"


def read(answer):
    if "json" in answer.headers.get("content-type", ""):
        try:
            return answer.json()
        except ValueError:
            return answer.text
    return answer.text


def sort_lists(value, name):
    """Lists of this name that MLflow reads in no certain order."""
    if isinstance(value, list):
        return [sort_lists(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: sort_lists(item, name) for key, item in value.items()}
    if name in found:
        found[name] = sorted(found[name], key=lambda item: json.dumps(item, sort_keys=True))
    return found


def as_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def find(body, where):
    for part in where.split("."):
        try:
            body = body[int(part)] if part.lstrip("-").isdigit() else body[part]
        except (KeyError, IndexError, TypeError):
            return "absent"
    return body


def differences(theirs, ours, at=""):
    """Where two answers differ: place, theirs, ours."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if not at and theirs["status"] != ours["status"]:
            yield "/status", theirs["status"], ours["status"]
            return
        for name in sorted({*theirs, *ours}):
            yield from differences(theirs.get(name, "absent"), ours.get(name, "absent"), f"{at}/{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield f"{at}", theirs, ours
            return
        for place, pair in enumerate(zip(theirs, ours)):
            yield from differences(*pair, f"{at}/{place}")
    elif theirs != ours or isinstance(theirs, bool) != isinstance(ours, bool):
        yield at, theirs, ours


def compare(cases, theirs, ours):
    """All differences of all cases."""
    found = []
    for server in (theirs, ours):
        server.saved["u"] = f"u{uuid.uuid4().hex[:8]}"
    names = set()
    for case in cases:
        assert case["name"] not in names, f"two cases are called {case['name']!r}"
        names.add(case["name"])
        answers = [server.send(case) for server in (theirs, ours)]
        for at, one, other in differences(*answers):
            found.append({"case": case["name"], "at": at, "theirs": short(one), "ours": short(other)})
    return found


def short(value):
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
