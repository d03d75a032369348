"""Makes the folder of an attempt ready: source, packages, inputs.

Runs in the pod before the entry point, with the standard library only. Its last line says what failed, for the portal.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request

TRIES = 6
SECONDS_OF_ANSWER = 60
PIECE = 1024 * 1024


class Failure(Exception):
    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for the portal, and for no address that an answer names."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def opened(url, token, reason):
    """An answer of the portal. One that is away for a moment is asked again."""
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    for attempt in range(TRIES):
        try:
            return OPENER.open(request, timeout=SECONDS_OF_ANSWER)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                said = error.read(500).decode("utf-8", "replace").strip()
                raise Failure(reason, "%s answered %d: %s" % (url, error.code, " ".join(said.split())))
            problem = "answered %d" % error.code
        except OSError as error:
            problem = "does not answer: %s" % error
        if attempt + 1 < TRIES:
            time.sleep(2**attempt)
    raise Failure("PreparationFailed", "%s %s" % (url, problem))


def fetch_source(source, token, folder):
    os.makedirs(folder)
    with opened(source["url"], token, "SourceMissing") as answer:
        with tarfile.open(fileobj=answer, mode="r|") as archive:
            # What lies outside of the folder is refused, where this Python can.
            safe = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}
            archive.extractall(folder, **safe)
    print("downstage: fetched the source at " + source["commit"], flush=True)


def install(requirements, source, packages):
    path = os.path.join(source, requirements)
    if not os.path.isfile(path):
        raise Failure("RequirementsMissing", "The project has no file '%s'" % requirements)
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    ended = subprocess.run(command + ["--target", packages, "-r", requirements], cwd=source)
    if ended.returncode != 0:
        raise Failure("RequirementsFailed", "pip could not install '%s'; the log says why" % requirements)


def fetch_file(file, token, folder):
    path = os.path.normpath(os.path.join(folder, file["name"]))
    if not path.startswith(folder + os.sep):
        raise Failure("InputMissing", "'%s' lies outside of its folder" % file["name"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    found = hashlib.sha256()
    with opened(file["url"], token, "InputMissing") as answer, open(path, "wb") as target:
        while True:
            piece = answer.read(PIECE)
            if not piece:
                break
            found.update(piece)
            target.write(piece)
    if found.hexdigest() != file["sha256"]:
        raise Failure(
            "InputMissing",
            "'%s' is not what was registered: expected sha256 %s, found %s"
            % (file["name"], file["sha256"], found.hexdigest()),
        )


def main(attempt_folder, work):
    token = os.environ["DOWNSTAGE_TOKEN"]
    with gzip.open(os.path.join(attempt_folder, "attempt.json.gz"), "rt", encoding="utf-8") as file:
        attempt = json.load(file)
    source = os.path.join(work, "source")
    fetch_source(attempt["source"], token, source)
    for name, listed in sorted(attempt["inputs"].items()):
        for kind, place in (("files", "inputs"), ("tableFiles", "tables")):
            for file in listed.get(kind) or []:
                fetch_file(file, token, os.path.join(work, place, name))
    if attempt.get("requirements"):
        install(attempt["requirements"], source, os.path.join(work, "packages"))


try:
    main(sys.argv[1], sys.argv[2])
except Failure as failure:
    print("downstage: %s: %s" % (failure.reason, failure), file=sys.stderr)
    sys.exit(1)
except Exception as error:
    print("downstage: PreparationFailed: %s: %s" % (type(error).__name__, error), file=sys.stderr)
    sys.exit(1)
