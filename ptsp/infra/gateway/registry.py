"""Finds connectors by their manifests and builds them; one kept-alive HTTP session per partner."""

import importlib.util
import threading
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ptsp.kernel.errors import Fault, Invalid
from ptsp.sdk.addresses import PUBLIC, Reach
from ptsp.sdk.contract import Connector, Settings
from ptsp.sdk.errors import Misconfigured
from ptsp.sdk.http import session
from ptsp.sdk.manifest import ASKED, Manifest, Style, read_manifest
from ptsp.sdk.simulator import FakeAgencyClass


class Registry:
    """All connectors under one folder. Manifests are read at once; code is loaded when first needed.

    `reach` says which addresses their lines may lead to. Safe over threads. Raises Invalid at making, naming every
    mistake of every manifest.
    """

    def __init__(self, root: Path, *, reach: Reach = PUBLIC) -> None:
        self._root = root
        self._reach = reach
        self._lock = threading.RLock()
        self._modules: dict[tuple[str, str], ModuleType] = {}
        self._sessions: dict[tuple[str, str, str], requests.Session] = {}
        self.manifests: Mapping[str, Manifest] = _read_all(root)
        self._options = {
            code: Draft202012Validator(dict(manifest.options)) for code, manifest in self.manifests.items()
        }

    def manifest(self, code: str) -> Manifest:
        """Misconfigured if there is no such connector."""
        if code in self.manifests:
            return self.manifests[code]
        near = get_close_matches(code, self.manifests, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(self.manifests))}"
        raise Misconfigured(f"there is no connector {code!r}{hint}")

    def build(self, code: str, settings: Settings) -> Connector:
        """A connector that is asked one question at a time, for one agency.

        Misconfigured for an unknown code, wrong options or a connector that is not asked like this.
        """
        if self.manifest(code).style not in ASKED:
            raise Misconfigured(f"{code!r} is of style {self.manifest(code).style}; it is not asked")
        made: Connector = self.build_any(code, settings)
        return made

    def build_of(self, style: Style, code: str, settings: Settings) -> Any:
        """The same for a connector of one style; what it offers then stands in the contract of that style."""
        if self.manifest(code).style is not style:
            raise Misconfigured(f"{code!r} is of style {self.manifest(code).style}, not {style}")
        return self.build_any(code, settings)

    def fake_agency(self, code: str) -> FakeAgencyClass:
        """The class of the connector's simulated agency."""
        kind: FakeAgencyClass = _named(self._module(self.manifest(code).code, "fake_agency"), "FakeAgency")
        return kind

    def close(self) -> None:
        """End the kept-alive lines."""
        with self._lock:
            for kept in self._sessions.values():
                kept.close()
            self._sessions.clear()

    def build_any(self, code: str, settings: Settings, line: requests.Session | None = None) -> Any:
        """One of whatever style, on the partner's own line unless one is given; raises Misconfigured."""
        manifest = self.manifest(code)
        wrong = [
            f"options{error.json_path.removeprefix('$')}: {error.message}"
            for error in self._options[code].iter_errors(dict(settings.options))
        ]
        if wrong:
            raise Misconfigured("; ".join(sorted(wrong)))
        kind = _named(self._module(code, manifest.module), manifest.class_name)
        _check_promises(manifest, kind)
        return kind(settings, self._session(code, settings) if line is None else line)

    def _session(self, code: str, settings: Settings) -> requests.Session:
        partner = (code, urlsplit(settings.url).netloc, settings.ca)
        with self._lock:
            if partner not in self._sessions:
                self._sessions[partner] = session(self._reach, ca=settings.ca)
            return self._sessions[partner]

    def _module(self, code: str, module: str) -> ModuleType:
        with self._lock:
            if (code, module) not in self._modules:
                self._modules[code, module] = _loaded(self._root / code / f"{module}.py", code)
            return self._modules[code, module]


def _read_all(root: Path) -> dict[str, Manifest]:
    found: dict[str, Manifest] = {}
    faults: list[Fault] = []
    for path in sorted(root.glob("*/manifest.yaml")):
        where = f"{path.parent.name}/manifest.yaml"
        try:
            manifest = read_manifest(yaml.safe_load(path.read_text(encoding="utf-8")), where=where)
        except yaml.YAMLError as error:
            faults.append(Fault(where, f"is no YAML: {error}"))
        except Invalid as invalid:
            faults.extend(invalid.faults)
        else:
            found[path.parent.name] = manifest
            if manifest.code != path.parent.name:
                faults.append(Fault(f"{where}: $.code", f"must be {path.parent.name!r}, as the folder"))
    if faults:
        raise Invalid(faults)
    return found


def _check_promises(manifest: Manifest, kind: Any) -> None:
    """What a manifest says can be asked has its method. Raises Misconfigured."""
    promised = (("finds", manifest.finds, "find"), ("lists", manifest.lists, "list_cases"))
    for word, is_promised, method in promised:
        if is_promised and not callable(getattr(kind, method, None)):
            told = f"connector {manifest.code!r}: its manifest says {word}: true, and {kind.__name__} has no {method}"
            raise Misconfigured(told)


def _loaded(path: Path, code: str) -> ModuleType:
    plan = importlib.util.spec_from_file_location(f"connectors.{code}.{path.stem}", path)
    if plan is None or plan.loader is None or not path.is_file():
        raise Misconfigured(f"connector {code!r} has no file {path.name}")
    module = importlib.util.module_from_spec(plan)
    plan.loader.exec_module(module)
    return module


def _named(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise Misconfigured(f"{module.__name__} has no {name}")
    return getattr(module, name)
