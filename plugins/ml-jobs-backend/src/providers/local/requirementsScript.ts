/**
 * The Python script that reads a requirements file with pip's own parser. So quotes, continued lines, encodings and
 * includes mean what they mean to pip. It installs nothing, fetches nothing, and reads no file outside of the project.
 *
 * Arguments: the project, the file. Prints JSON: `requirements` and `settings`, or `refused` with file, line and reason.
 */
export const requirementsScript = `
import glob, hashlib, json, os, re, sys, urllib.parse

def find_pip():
    try:
        import pip
        return
    except ImportError:
        pass
    import ensurepip
    folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), getattr(ensurepip, "_WHEEL_PKG_DIR", None), "/usr/share/python-wheels"]
    for folder in folders:
        for wheel in sorted(glob.glob(os.path.join(folder or "/nonexistent", "pip-*.whl"))):
            sys.path.insert(0, wheel)
            return
    raise SystemExit("This Python has no pip")

find_pip()
from pip._internal.req import constructors, req_file

root, first = os.path.realpath(sys.argv[1]), sys.argv[2]
os.chdir(root)
MOST = 1 << 20

class Refused(Exception):
    def __init__(self, reason, text, code="RequirementsRefused"):
        super().__init__(text)
        self.value = {"reason": code, "kind": reason, "text": text}

def inside(path, what):
    real = os.path.realpath(path)
    if not real.startswith(root + os.sep):
        raise Refused("outside", "%s lies outside the project" % what)
    return real

read_file = req_file.get_file_content
def get_file_content(name, session, *rest, **more):
    shown = os.path.relpath(os.path.join(root, name), root) if "://" not in name else name
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", name):
        raise Refused("remote", "the requirements file '%s' has to be a file of the project" % shown)
    if not os.path.exists(name):
        raise Refused("missing", "the project has no requirements file '%s' at this commit" % shown, "RequirementsMissing")
    if os.path.getsize(inside(name, "'%s'" % shown)) > MOST:
        raise Refused("large", "'%s' is larger than 1 MiB" % shown)
    return read_file(name, session, *rest, **more)
req_file.get_file_content = get_file_content

def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()

def describe(line):
    where = {"file": os.path.relpath(line.filename, root) if os.path.isabs(line.filename) else line.filename, "line": line.lineno, "constraint": line.constraint}
    parsed = req_file.handle_requirement_line(line)
    entry = {**where, "text": line.requirement, "editable": line.is_editable, "hashes": [], "options": []}
    for name, value in (parsed.options or {}).items():
        if name == "hashes":
            entry["hashes"] = sorted("%s:%s" % (kind, v) for kind, values in value.items() for v in values)
        else:
            entry["options"].append(name)
    try:
        requirement = constructors.install_req_from_parsed_requirement(parsed, isolated=True)
    except Exception as error:
        # A path that is not there, a name that is none: pip's own words.
        return {**entry, "place": "unreadable", "why": str(error).splitlines()[0]}
    link = requirement.link
    marker = str(requirement.markers) if requirement.markers else ""
    entry["extras"] = sorted(requirement.extras)
    entry["marker"] = marker
    if link is None:
        return {**entry, "place": "index"}
    scheme = link.url.split(":", 1)[0].lower()
    if scheme != "file":
        return {**entry, "place": "vcs" if "+" in scheme else "url", "scheme": scheme}
    path = urllib.parse.unquote(urllib.parse.urlsplit(link.url).path)
    real = os.path.realpath(path)
    if not (real + os.sep).startswith(root + os.sep):
        return {**entry, "place": "outside"}
    if os.path.isdir(real):
        return {**entry, "place": "folder"}
    if not os.path.isfile(real):
        return {**entry, "place": "unreadable", "why": "there is no such file"}
    return {**entry, "place": "file", "path": real, "sha256": digest(real)}

def settings_of(line):
    found = []
    for name in ("index_url", "extra_index_urls", "find_links", "trusted_hosts", "no_index", "pre", "prefer_binary", "require_hashes", "features_enabled"):
        value = getattr(line.opts, name, None)
        if value:
            found.append((name, value if isinstance(value, list) else [str(value)]))
    control = getattr(line.opts, "format_control", None)
    for name in ("no_binary", "only_binary"):
        if control is not None and getattr(control, name):
            found.append((name, sorted(getattr(control, name))))
    return [{"file": line.filename, "line": line.lineno, "name": name, "values": values} for name, values in found]

answer = {"requirements": [], "settings": []}
try:
    parser = req_file.RequirementsFileParser(None, req_file.get_line_parser(None))
    for line in parser.parse(first, False):
        if line.is_requirement:
            answer["requirements"].append(describe(line))
        else:
            answer["settings"].extend(settings_of(line))
        if len(answer["requirements"]) > 10000:
            raise Refused("large", "there are more than 10,000 requirements")
except Refused as refused:
    answer = {"refused": refused.value}
except RecursionError:
    answer = {"refused": {"reason": "RequirementsRefused", "kind": "loop", "text": "the requirements files include each other"}}
except Exception as error:
    answer = {"refused": {"reason": "RequirementsRefused", "kind": "unreadable", "text": str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__}}
print("RESULT " + json.dumps(answer))
`;
